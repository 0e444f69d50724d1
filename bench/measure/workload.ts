import type { Valve } from './valve.js';

/** How much work a batch has done. Compared with what it should have done, so that nothing can be optimised away. */
export interface Tally {
  opened: number;
  used: number;
  closed: number;
}

/** Does the measured operation so many times in a row. */
export type Run = (operations: number) => void | Promise<void>;

/** Opens one scope that stays open, and closes it again. */
export interface Hold {
  open(): unknown;
  close(held: unknown): void;
}

/** Connects an endless source with a consumer, both of which go by the valve, and returns what disconnects them. */
export type Connect = (valve: Valve) => () => void;

/** What a burst of callers has met with. */
export interface Served {
  /** Milliseconds until the last one was. */
  readonly within: number;
  /** Handles made for them, whether they were used or not. */
  readonly created: number;
}

/** One burst, on a pool of its own. */
export type Burst = () => Promise<Served>;

/** How many milliseconds something has taken beyond what it had to. */
export type Delay = () => Promise<number>;

/** One way of doing a workload: the floor, a peer, or rxscope. */
export interface Variant<T = Run> {
  readonly name: string;
  prepare(): T;
}

/** A bar of design/performance.md. */
export interface Goal {
  readonly variant: string;
  /** The variant that the bar is a multiple of; without it the floor, or for memory nothing. */
  readonly against?: string;
  readonly atMost: number;
  /** Where it is neither a multiple nor in the unit of the workload. */
  readonly unit?: string;
}

interface Described {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly goals: readonly Goal[];
}

export interface TimeWorkload extends Described {
  readonly kind: 'time';
  /** How many units (values, entries, levels) one operation handles; times are per unit. */
  readonly units: number;
  /** What one operation adds to the tally. */
  readonly work: Tally;
  /** How many times as many rounds it takes as others: where another process answers, one round says little. Default 1. */
  readonly patience?: number;
  readonly floor: Variant;
  readonly variants: readonly Variant[];
}

/** What stays on the heap after very many scopes, in KiB. */
export interface GrowthWorkload extends Described {
  readonly kind: 'growth';
  readonly operations: number;
  readonly variants: readonly Variant[];
}

/** What one open scope takes on the heap, in bytes. */
export interface HeldWorkload extends Described {
  readonly kind: 'held';
  readonly scopes: number;
  readonly variants: readonly Variant<Hold>[];
}

/** What piles up on the heap while a consumer is slower than its source, in KiB. */
export interface SlowConsumerWorkload extends Described {
  readonly kind: 'slow consumer';
  /** How many of them the source gives. */
  readonly items: number;
  readonly variants: readonly Variant<Connect>[];
}

/** How soon many callers who come at once are served, and how many handles are made for them. */
export interface BurstWorkload extends Described {
  readonly kind: 'burst';
  readonly variants: readonly Variant<Burst>[];
}

/** How long something takes that should be over at once. */
export interface DelayWorkload extends Described {
  readonly kind: 'delay';
  readonly variants: readonly Variant<Delay>[];
}

export type Workload =
  TimeWorkload | GrowthWorkload | HeldWorkload | SlowConsumerWorkload | BurstWorkload | DelayWorkload;

export interface Effort {
  /** Rounds of floor, peer, floor, peer … */
  readonly rounds: number;
  /** Rounds before those, until the machine code has the shape that it keeps. */
  readonly warmUp: number;
  /** How long one batch should take. */
  readonly batchMs: number;
}

export interface Measured {
  /** Nanoseconds per unit, or memory. */
  readonly value: number;
  readonly timesFloor?: number;
}

/** What one process has found out about one workload. */
export interface Measurement {
  readonly floor?: number;
  readonly variants: Readonly<Record<string, Measured>>;
  /** One number per goal, in the order of the workload's goals; absent where the variant was left out. */
  readonly goals: readonly (number | undefined)[];
}

/** The part of a workload that a report needs. */
export interface Description extends Described {
  readonly kind: Workload['kind'];
  readonly floor?: string;
}
