export {
  asyncIterableContract,
  checkAsyncIterableContract,
  type AsyncIterableContractOptions,
  type AsyncIterableFactory,
} from './contracts/check-async-iterable.js';
export {
  checkLockContract,
  lockContract,
  type LockContractOptions,
  type LockFactory,
  type LockSubject,
} from './contracts/check-lock.js';
export { checkPoolContract, poolContract, type PoolContractOptions, type PoolFactory } from './contracts/check-pool.js';
export {
  checkResourceContract,
  resourceContract,
  type ResourceContractOptions,
  type ResourceFactory,
} from './contracts/check-resource.js';
export { ContractError, type ContractErrorOptions } from './contracts/contract-error.js';
export type { ContractCase, ContractRunner, SuiteOptions } from './contracts/contract.js';
export type { ResourceSubject } from './contracts/held-view.js';
export type { LawNumber } from './contracts/laws.js';
export type { PoolCounts, PoolPort } from './contracts/pool-view.js';
export type { AsyncIterableSubject } from './contracts/iterable-view.js';
export type { TrialOptions } from './contracts/trial.js';
export type { PooledItem } from './contracts/workshop.js';
export type { ExpectedExit } from './expected-exit.js';
export type { AsyncTestHelpers, ExpectedExits, ExpectedLifecycle, ExpectedNames, TestHelpers } from './helpers.js';
export { startLeakCheck, type LeakCheck, type LeakCheckOptions } from './leak-check.js';
export { LifecycleError, type LifecycleErrorOptions } from './lifecycle-error.js';
export type { LifecycleMark, LifecycleSymbol } from './lifecycle.js';
export type { Mark } from './marbles.js';
export type { Probe, ProbedEvent, ProbedScope, ProbeOptions } from './probe.js';
export { testResourcesAsync } from './test-resources-async.js';
export { testResources } from './test-resources.js';
export { trackResources, type ResourceTracker, type TrackOptions } from './track-resources.js';
export type { TrackedResource, UnreleasedResource } from './tracked-resource.types.js';
