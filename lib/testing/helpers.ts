import type { RunHelpers } from 'rxjs/testing';

import type { ExpectedExit } from './expected-exit.js';
import type { Probe, ProbeOptions } from './probe.js';

/** What a test is given: the helpers of `TestScheduler#run`, and those for lifecycles. */
export interface TestHelpers extends RunHelpers {
  /** A resource that takes the time drawn, in virtual time, and writes down every scope. */
  probe<T>(this: void, name: string, options: ProbeOptions<T> & { readonly value: T }): Probe<T>;
  probe(this: void, name: string, options?: ProbeOptions<string>): Probe<string>;

  /** What happened to a probe: one diagram for each scope, in the order of entering. Compared when time is flushed. */
  expectLifecycle(this: void, probe: Probe<unknown>): ExpectedLifecycle;

  /** How the scopes of a probe were told to end. Compared when time is flushed. */
  expectExit(this: void, probe: Probe<unknown>): ExpectedExits;

  /**
   * What is open at the end of a frame, told by a number or by a diagram with one mark (`'--|'`). Without a frame: at the
   * end of the test, where nothing may be open unless this says so.
   */
  expectOpen(this: void, at?: string | number): ExpectedNames;

  /** The same as `expectOpen(at).toBe([])`. */
  expectNothingOpen(this: void, at?: string | number): void;

  /** The errors that nobody handles, in their order. The test fails for every other one. */
  expectUnhandled(this: void, ...errors: unknown[]): void;
}

/** The same for a test with promises. */
export interface AsyncTestHelpers extends Omit<TestHelpers, 'flush'> {
  /** Resolves when nothing is scheduled any more, and compares what has been expected so far. */
  flush(this: void): Promise<void>;
}

/** What `expectLifecycle` answers. */
export interface ExpectedLifecycle {
  /**
   * One diagram or several: `a` entering begins, `^` entered, `!` the exit begins, `|` gone, `#` failed. What is not drawn
   * happens in the frame of what comes next: `^--|` is entered at once, and released at once at 3.
   *
   * @param exits how it was told to end; one for all scopes, or a list.
   */
  toBe(diagrams: string | readonly string[], exits?: ExpectedExit | readonly ExpectedExit[]): void;
}

/** What `expectExit` answers. */
export interface ExpectedExits {
  /** The exits of all scopes, in the order of entering. With `error`, it has to be that one. */
  toBe(exits: ExpectedExit | readonly ExpectedExit[], error?: unknown): void;
}

/** What `expectOpen` answers. */
export interface ExpectedNames {
  /** Their names, in the order of opening. */
  toBe(names: readonly string[]): void;
}
