import type { SchedulerLike } from 'rxjs';

/** Whoever keeps instances. */
export interface InstanceOwner<I> {
  /** It is there, and about to be handed to those who wait. */
  entered(instance: I): void;
  /** Nobody uses it any more; also when that is renewed. */
  idle(instance: I): void;
  /** It was idle, and is used again. */
  used(instance: I): void;
  /** Whoever comes from now on must not get it. */
  ending(instance: I): void;
  gone(instance: I): void;
  /** A release that nobody waits for has failed. */
  failed(instance: I, error: unknown): void;
}

/** What an instance is made with. */
export interface InstanceOptions {
  readonly name: string;
  readonly generation: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
  readonly scheduler: SchedulerLike;
}
