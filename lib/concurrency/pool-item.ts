import { EmptyError } from 'rxjs';

import { COMPLETE, failed, type Exit } from '../core/engine/exit.js';
import { Holding } from '../core/engine/holding.js';
import type { Keeper, Node, Sink } from '../core/engine/scope.js';
import { rxLayer } from '../core/layer.js';

/** Why a handle was destroyed. */
export type DestroyReason =
  | 'idle'
  | 'expired'
  | 'used'
  | 'failed'
  | 'lost'
  | 'invalid'
  | 'reset'
  | 'evicted'
  | 'resized'
  | 'reclaimed'
  | 'closed';

/** Whoever keeps items. */
export interface ItemOwner<T> {
  made(item: Item<T>): void;
  notMade(item: Item<T>, error: unknown): void;
  /** The handle died. */
  lost(item: Item<T>, error: unknown): void;
}

/**
 * One handle of a pool, from its making to its end:
 *
 *     making ──▶ idle ◀──▶ lent ──▶ ending ──▶ (gone)
 *        │        ▲ │       │ ▲
 *        │        │ ▼       ▼ │
 *        └──────▶ checking ───┘
 */
export class Item<T> implements Keeper {
  state: 'making' | 'idle' | 'checking' | 'lent' | 'ending' = 'making';
  value!: T;
  readonly holding: Holding;
  /** How many have borrowed it just now, and how often it was lent. */
  users = 0;
  uses = 0;
  /** Set once it must not be lent any more: why, and what its release is told. */
  condemned: DestroyReason | null = null;
  exit: Exit = COMPLETE;
  /** Whether it has to be validated, however short a time ago it was used. */
  isDoubtful = false;
  /** Times, as of the scheduler. */
  startedAt = 0;
  expiresAt = Infinity;
  idleFor = Infinity;
  keepAliveEvery = Infinity;
  idleSince = 0;
  checkedAt = 0;
  idleUntil = Infinity;
  keepAliveAt = Infinity;
  /** Whether it has come into being, and how often making had failed before. */
  wasMade = false;
  failures = 0;
  /** As its making began: how many were made at a time, and how many had come back so far. */
  parallel = 1;
  returns = 0;
  /** Whether making it takes longer than anybody waits. */
  isHanging = false;
  /** Told where it dies while it is asked something. */
  check: Pick<Sink, 'error'> | null = null;
  /** Neighbours in the list of those that can be lent. */
  before: Item<T> | null = null;
  after: Item<T> | null = null;
  isListed = false;

  constructor(
    name: string,
    private readonly owner: ItemOwner<T>,
  ) {
    this.holding = new Holding(name, true, null, rxLayer, {
      entered: (handle) => {
        this.value = handle as T;
        this.owner.made(this);
      },
      ended: (outcome) => {
        if (this.state === 'making') this.owner.notMade(this, reasonOf(outcome));
      },
    });
    this.holding.keeper = this;
  }

  make(node: Node): void {
    this.holding.open(node);
  }

  /** It must not be lent any more. The first reason stays. */
  condemn(reason: DestroyReason, exit: Exit = COMPLETE): void {
    if (this.condemned !== null) return;
    this.condemned = reason;
    this.exit = exit;
  }

  partLost(error: unknown): void {
    this.condemn('lost', failed(error));
    this.owner.lost(this, error);
  }
}

function reasonOf(outcome: Exit): unknown {
  return outcome.kind === 'error' ? outcome.error : new EmptyError();
}
