export type { AnyRedisClient, IoRedisClient, NodeRedisClient, NodeRedisScriptInput } from './client-port.js';
export {
  LockLostError,
  LockNotAcquiredError,
  type LockLostReason,
  type LockNotAcquiredOptions,
  type LockVote,
  LeaderTermError,
} from './errors.js';
export type { RedisLock } from './lock-handle.js';
export type { RedisLockOptions } from './lock-options.js';
export { redisClient, type RedisClientOptions } from './redis-client.js';
export { redisLock } from './redis-lock.js';
export { LeaderElection } from './leader-election-class.js';
export type { LeaderWork } from './leader-election-campaign.js';
export type { LeaderElectionOptions } from './leader-election-options.js';
export type { LeaderLease } from './leader-election-port.js';
export type { Leadership } from './leader-election-reign.js';
export type { LeaderHealth, LeaderPhase, LeaderRecord, LeaderState } from './leader-election-state.js';
export { leaderElection } from './leader-election.js';
export { redisSemaphore, type RedisPermit } from './redis-semaphore.js';
export { PermitNotAcquiredError, type PermitNotAcquiredOptions } from './redis-semaphore-errors.js';
export type { RedisSemaphoreOptions } from './redis-semaphore-options.js';
