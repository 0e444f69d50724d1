export type { AcquireContext } from './acquire-context.js';
export { acquireTimeout } from './acquire-timeout.js';
export { andThen } from './and-then.js';
export { awaitRelease } from './await-release.js';
export type { Awaitable } from './awaitable.js';
export { combine, type CombineOptions, type HandleOf } from './combine.js';
export { consume, type ConsumeOptions, type Consumption } from './consume.js';
export type { AnyDisposable } from './disposal.js';
export {
  AcquireTimeoutError,
  CapacityError,
  ClosedError,
  CursorLoopError,
  DeadlockError,
  GeneratorProtocolError,
  ReleaseTimeoutError,
  ResourceError,
  ResourceLostError,
  UnsubscribedError,
  type ResourceErrorOptions,
} from './engine/errors.js';
export type { Exit } from './engine/exit.js';
export { ExitStack } from './exit-stack.js';
export { firstValue, lastValue, type ValueOptions } from './first-value.js';
export { fromDisposable } from './from-disposable.js';
export { fromManager, type Manager } from './from-manager.js';
export { fromValue } from './from-value.js';
export type { ResourceBody } from './generator.js';
export { keepContext } from './keep-context.js';
export { lease, type Lease } from './lease.js';
export { mapValue } from './map-value.js';
export { named } from './named.js';
export { onExit } from './on-exit.js';
export { openResources, type OpenResource } from './open-resources.js';
export { orElse } from './or-else.js';
export { releaseTimeout } from './release-timeout.js';
export { Resource } from './resource-class.js';
export { resource, type NamedOptions, type ResourceOptions } from './resource.js';
export { retryAcquire } from './retry-acquire.js';
export { exitStack, scoped } from './scoped.js';
export { settled } from './settled.js';
export { suppress, type ErrorClass } from './suppress.js';
export { switchResource, type SwitchOptions } from './switch-resource.js';
export { use, using } from './using.js';
export { watchResources, type ResourceStep, type WatchOptions } from './watch-resources.js';
