import { failParked } from '../core/engine/acquiring.js';
import { goOnWith } from '../core/engine/enter.js';
import { Deferral } from '../core/engine/reply.js';
import type { Cancel, Leaf, Scope, Sink } from '../core/engine/scope.js';
import { shared } from '../core/engine/shared.js';
import { startOf, type Claim } from './claim.js';

/** Those who wait with the same priority, in order of arrival. */
export class Row {
  first: Waiting | null = null;
  last: Waiting | null = null;

  constructor(readonly priority: number) {}
}

/** Where somebody waits: told where one leaves before its turn. */
export interface Desk {
  left(waiting: Waiting): void;
}

/**
 * One who waits for its turn: what an acquire answers with where it cannot be served at once. It is a link of the line
 * itself, so that leaving takes constant time.
 *
 * Being served and leaving are one decision: whoever is taken out of the line is served, or has left, and never both.
 */
export class Waiting extends Deferral implements Cancel {
  row: Row | null = null;
  ahead: Waiting | null = null;
  behind: Waiting | null = null;
  /** When it came; -1 where that was when its scope was opened. */
  arrived = -1;
  /** How long it waits at most, where the desk counts that. */
  timeout = 0;
  private state: 'waiting' | 'served' | 'refused' = 'waiting';
  private result: unknown = undefined;
  /** Whom it tells: the engine, through the leaf that its scope was parked for, or a sink. */
  private leaf: Leaf | null = null;
  private sink: Sink | null = null;
  /** Puts back what the runtime kept for the code that waits (`AsyncLocalStorage`), where that was asked for. */
  private readonly resume = shared.snapshot === null ? null : shared.snapshot();

  constructor(
    private readonly desk: Desk,
    /** The scope that waits; null where it is a promise. */
    readonly scope: Scope | null,
    /** How much it wants. */
    readonly count: number,
    readonly priority: number,
    /** What it holds already, and wants more of. */
    readonly claim: Claim | null = null,
  ) {
    super();
  }

  override answer(sink: Sink): Cancel {
    this.sink = sink;
    return this;
  }

  override park(scope: Scope, leaf: Leaf): Cancel | null {
    if (scope !== this.scope) return null; // it waits for another one, which holds something of its own
    this.leaf = leaf;
    return this;
  }

  /** When it came. */
  startedAt(now: number): number {
    return startOf(this.arrived, this.scope, now);
  }

  /** What to answer an acquire with: the token where it was served meanwhile, else itself. */
  settled(): unknown {
    if (this.state === 'refused') throw this.result;
    return this.state === 'served' ? this.result : this;
  }

  serve(token: unknown): void {
    this.state = 'served';
    this.result = token;
    this.tell();
  }

  refuse(error: unknown): void {
    this.state = 'refused';
    this.result = error;
    this.tell();
  }

  /** The consumer leaves. */
  unsubscribe(): void {
    if (this.row !== null) this.desk.left(this);
  }

  private tell(): void {
    if (this.resume === null) this.pass();
    else {
      this.resume(() => {
        this.pass();
      });
    }
  }

  /** Tells nobody where it was served inside its own acquire, which asks `settled`. */
  private pass(): void {
    const { scope, leaf, sink, result } = this;
    if (leaf !== null && scope !== null) {
      if (this.state === 'served') goOnWith(scope, leaf, result);
      else failParked(scope, result);
    } else if (this.state === 'served') {
      sink?.value(result);
    } else {
      sink?.error(result);
    }
  }
}
