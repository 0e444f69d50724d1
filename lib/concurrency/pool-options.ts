import { asyncScheduler, type SchedulerLike } from 'rxjs';

import type { Awaitable } from '../core/awaitable.js';
import { checkCount, checkDuration, checkFunction, kindOf } from '../internal/check.js';
import type { Exit } from '../core/engine/exit.js';
import { checkAging } from './permits.js';

/** How {@link pool} is made. Times are milliseconds; `Infinity` or 0 as a limit means none where the default says so. */
export interface PoolOptions<T> {
  /** Shown in errors and by `openResources()`. Default `pool(…)` with the name of the resource. */
  readonly name?: string;
  /** How many handles there are at most, those being made, checked and destroyed included. Default 10. */
  readonly max?: number;
  /** How many are kept, made beforehand and again where one has gone. Default 0. */
  readonly min?: number;
  /** How many may borrow the same handle at a time, such as streams of one HTTP/2 connection. Default 1. */
  readonly concurrency?: number;
  /** How long a handle above `min` stays unused. Default 10 minutes. Up to 2.5 % longer, so that they do not all go at once. */
  readonly idleTimeout?: number;
  /** How old a handle gets; never ended while borrowed. Default 30 minutes. Up to 2.5 % less. */
  readonly maxLifetime?: number;
  /** How often a handle is lent. Default `Infinity`. */
  readonly maxUses?: number;
  /** How long a borrower waits before it fails with an `AcquireTimeoutError`. Default 30 seconds. */
  readonly acquireTimeout?: number;
  /** How many may wait at a time; one more fails with a `CapacityError`. Default `Infinity`. */
  readonly maxWaiting?: number;
  /**
   * Whether a handle can still be used. Answering `false`, or failing, has it destroyed and another one taken; so has an
   * observable that completes without a value.
   */
  validate?(this: void, value: T): Awaitable<unknown>;
  /** A handle that was used or validated so short a time ago is lent without asking `validate`. Default 500. */
  readonly validateAfter?: number;
  /** How long `validate` and `reset` may take; what takes longer has failed. Default 5 seconds. */
  readonly validateTimeout?: number;
  /** Handles that lie unused are validated each time so long has passed. Default 0: they are not. Up to 10 % earlier. */
  readonly keepAlive?: number;
  /** Run when a handle has come back, before it is lent again. Where it fails the handle is destroyed. */
  reset?(this: void, value: T, exit: Exit): Awaitable<unknown>;
  /**
   * Whether a handle whose scope ended with this error is destroyed. Default: yes, unless there is a `validate`: then it is
   * validated before it is lent again (law 36).
   */
  destroyOn?(this: void, error: unknown): boolean;
  /** Who is told that a handle cannot be made: the first in the line, for whom it was made, or all. Default `'first'`. */
  readonly createErrors?: 'first' | 'all';
  /** How long to wait before the next try: doubling from `initial` to `max`, and up to half of it less by chance. More than 0; default 10 to 5,000. */
  readonly backoff?: { readonly initial?: number; readonly max?: number };
  /** Which of the unused handles is lent: the one used last, so that the others can go, or the one used longest ago. Default `'lifo'`. */
  readonly order?: 'lifo' | 'fifo';
  /** After this time a borrowed handle is told as a leak on `events$`, with the stack of its borrower. Default 0: never. */
  readonly leakAfter?: number;
  /** After this time a borrower is ended with a `ResourceLostError`, and its handle destroyed. Default 0: never. */
  readonly reclaimAfter?: number;
  /** So many milliseconds of waiting count as one step of priority. Default `Infinity`. */
  readonly aging?: number;
  /** Whether timers of an unused pool let a Node process end. Default `true`. */
  readonly unref?: boolean;
  /** Where chance comes from, 0 to less than 1. Default `Math.random`. */
  random?(this: void): number;
  /** For all timers and times. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** The options with their defaults, checked. */
export interface PoolSettings<T> extends Required<
  Omit<PoolOptions<T>, 'validate' | 'reset' | 'destroyOn' | 'backoff' | 'name'>
> {
  readonly name: string;
  max: number;
  readonly validate: ((value: T) => Awaitable<unknown>) | null;
  readonly reset: ((value: T, exit: Exit) => Awaitable<unknown>) | null;
  readonly destroyOn: (error: unknown) => boolean;
  readonly backoff: { readonly initial: number; readonly max: number };
}

const DEFAULTS = {
  max: 10,
  min: 0,
  concurrency: 1,
  idleTimeout: 600_000,
  maxLifetime: 1_800_000,
  maxUses: Infinity,
  acquireTimeout: 30_000,
  maxWaiting: Infinity,
  validateAfter: 500,
  validateTimeout: 5_000,
  keepAlive: 0,
  createErrors: 'first',
  order: 'lifo',
  leakAfter: 0,
  reclaimAfter: 0,
  aging: Infinity,
  unref: true,
} as const;

const FUNCTIONS = ['validate', 'reset', 'destroyOn', 'random'] as const;
const DURATIONS = [
  ...(['idleTimeout', 'maxLifetime', 'acquireTimeout', 'validateAfter', 'validateTimeout'] as const),
  ...(['keepAlive', 'leakAfter', 'reclaimAfter'] as const),
] as const;
const KNOWN = new Set<string>([...Object.keys(DEFAULTS), ...FUNCTIONS, 'name', 'backoff', 'scheduler']);

export function settingsOf<T>(resourceName: string, options: PoolOptions<T>): PoolSettings<T> {
  checkOptions(options);
  const { validate = null, reset = null, backoff = {}, random = Math.random, scheduler = asyncScheduler } = options;
  const settings = { ...DEFAULTS, ...withoutUndefined(options) };
  return {
    ...settings,
    name: options.name ?? `pool(${resourceName})`,
    validate,
    reset,
    destroyOn: options.destroyOn ?? ((): boolean => validate === null),
    backoff: { initial: 10, max: 5_000, ...withoutUndefined(backoff) },
    random,
    scheduler,
  };
}

function withoutUndefined<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

function checkOptions<T>(given: PoolOptions<T>): void {
  if (typeof given !== 'object' || (given as unknown) === null) {
    throw new TypeError(`pool() expects an object of options, received ${kindOf(given)}.`);
  }
  const unknown = Object.keys(given).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0)
    throw new TypeError(`pool() has no option ${unknown.join(', ')}. It has ${[...KNOWN].join(', ')}.`);
  const options = { ...DEFAULTS, ...withoutUndefined(given) };
  for (const key of FUNCTIONS) if (options[key] !== undefined) checkFunction(options[key], key);
  for (const key of DURATIONS) checkDuration(options[key], key);
  if (options.maxLifetime === 0) {
    throw new RangeError('Expected maxLifetime to be more than 0: maxUses: 1 lends each handle once.');
  }
  checkCount(options.max, 'max', 1);
  checkCount(options.min, 'min', 0);
  checkCount(options.concurrency, 'concurrency', 1);
  checkCount(options.maxUses, 'maxUses', 1);
  checkCount(options.maxWaiting, 'maxWaiting', 0);
  checkAging(options.aging);
  checkChoice(options.order, 'order', ['lifo', 'fifo']);
  checkChoice(options.createErrors, 'createErrors', ['first', 'all']);
  checkBackoff(options.backoff ?? {});
  checkMin(options.min, options.max);
  if (options.keepAlive > 0 && options.validate === undefined) {
    throw new TypeError('keepAlive needs validate: that is what keeps a handle alive.');
  }
}

export function checkMin(min: number, max: number): void {
  if (min <= max) return;
  throw new RangeError(`Expected min to be max (${String(max)}) at most, received ${String(min)}.`);
}

function checkBackoff({ initial = 10, max = 5_000 }: NonNullable<PoolOptions<never>['backoff']>): void {
  checkDuration(initial, 'backoff.initial');
  checkDuration(max, 'backoff.max');
  if (initial > 0 && max > 0) return;
  throw new RangeError(
    'Expected backoff.initial and backoff.max to be more than 0: what fails at once would be tried without end.',
  );
}

function checkChoice(value: string, what: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new TypeError(`Expected ${what} to be ${choices.map((one) => `'${one}'`).join(' or ')}, received ${value}.`);
}
