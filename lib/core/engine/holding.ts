import { open } from './enter.js';
import { afterFailure, type Exit } from './exit.js';
import {
  type Collector,
  type Entry,
  ENTERING,
  GONE,
  HELD,
  type Keeper,
  type Layer,
  type More,
  type Node,
  type Releasable,
  type Scope,
  type Sink,
  type State,
} from './scope.js';
import { Deferral } from './reply.js';
import { close, leave } from './ending.js';
import { collect } from './unwind.js';

/** What a holding tells: once that it is entered, and once how it ended. */
export interface Holder {
  entered(handle: unknown): void;
  /** Also when entering failed, or came to nothing; then nothing was entered. */
  ended(outcome: Exit): void;
}

/**
 * A scope without a body: entered, held until it is closed. What leases, stacks and the operators that treat a
 * resource as a part of another are made of.
 */
export class Holding implements Scope {
  state: State = ENTERING;
  busy = false;
  left = false;
  exit: Exit | null = null;
  outcome: Exit | null = null;
  step: Releasable | null = null;
  token: unknown = undefined;
  more: More | null = null;
  older: Entry | null = null;
  newer: Entry | null = null;
  since = -1;
  pending = 0;
  owner: Scope | null = null;
  keeper: Keeper | null = null;
  readonly outer = null;
  readonly bodiless = true;
  readonly bare = true;

  constructor(
    readonly name: string,
    readonly listed: boolean,
    readonly link: Collector | null,
    readonly layer: Layer,
    private holder: Holder,
    readonly whole: Scope | null = null,
  ) {}

  open(node: Node): this {
    open(this, node);
    return this;
  }

  /** Held at once, with nothing in it yet and on no list: what has been forgotten may be collected. */
  hold(): this {
    this.state = HELD;
    return this;
  }

  /**
   * Ends it with `exit` and answers the outcome. Where it had ended by itself, because what it held was lost, it
   * answers `exit` with that failure on top.
   */
  close(exit: Exit, done: (outcome: Exit) => void): void {
    const own = this.exit !== null;
    const answer = (outcome: Exit): void => {
      if (!own) done(outcome);
      else done(outcome.kind === 'error' ? afterFailure(exit, outcome.error) : exit);
    };
    if (this.state === GONE) {
      answer(this.outcome as Exit);
      return;
    }
    const { holder } = this;
    this.holder = {
      entered: (handle) => {
        holder.entered(handle);
      },
      ended: (outcome) => {
        holder.ended(outcome);
        answer(outcome);
      },
    };
    close(this, exit);
  }

  leave(): void {
    leave(this);
  }

  get collecting(): boolean {
    return this.state !== GONE;
  }

  collect(failure: unknown): void {
    collect(this, failure);
  }

  idle(): Scope {
    return this;
  }

  begin(handle: unknown): void {
    this.holder.entered(handle);
  }

  tearDown(): void {
    // no body
  }

  finish(outcome: Exit): void {
    this.holder.ended(outcome);
  }
}

/** The release of a holding that is a part of another scope: its outcome is the outcome there. */
export class Closing extends Deferral {
  constructor(
    private readonly holding: Holding,
    private readonly exit: Exit,
  ) {
    super();
  }

  answer(sink: Sink): void {
    this.holding.close(this.exit, (outcome) => {
      sink.value(outcome);
    });
  }
}
