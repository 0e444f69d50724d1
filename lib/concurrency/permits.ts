import { now } from '../internal/clock.js';
import { kindOf } from '../internal/check.js';
import { DeadlockError } from '../core/engine/errors.js';
import type { Scope } from '../core/engine/scope.js';
import { Claim, Claims } from './claim.js';
import { heldAround } from './held-around.js';
import { Line } from './line.js';
import { Rounds } from './rounds.js';
import { type Desk, Waiting } from './waiting.js';

/** What a counting lock is made with. */
export interface PermitsOptions {
  readonly name: string;
  readonly total: number;
  readonly aging: number;
  readonly reentrant: boolean;
  readonly now: () => number;
}

/**
 * So many permits, handed out in order: what all locks of this folder are made of, without RxJS.
 *
 * - A permit given to one who waits is taken in the same step: nobody who comes in between gets it.
 * - A big request waits at the head of the line; smaller ones behind it do not overtake (law 35).
 * - Handing over is a loop, so that ten thousand holders that go at once use no stack (law 6).
 */
export class Permits implements Desk {
  readonly name: string;
  total: number;
  available: number;
  readonly line: Line;
  readonly claims = new Claims();
  readonly now: () => number;
  private readonly reentrant: boolean;
  private readonly hasClock: boolean;
  private readonly rounds = new Rounds(
    () => this.serveNext(),
    () => undefined,
  );

  constructor(options: PermitsOptions) {
    this.name = options.name;
    this.total = this.available = options.total;
    this.reentrant = options.reentrant;
    this.hasClock = options.now !== now;
    this.now = options.now;
    this.line = new Line(options.aging, this.now);
  }

  /** A claim, or one who waits for it. */
  take(scope: Scope, count: number, priority: number): unknown {
    if (this.line.length === 0 && count <= this.available) return this.claim(scope, count);
    return this.wait(scope, count, priority);
  }

  /** A claim, where there is one without waiting. */
  tryTake(scope: Scope, count: number): Claim | null {
    if (this.line.length === 0 && count <= this.available) return this.claim(scope, count);
    return this.reentrant && heldAround(scope, this) > 0 ? new Claim(this, scope, 0) : null;
  }

  /** What a claim holds, or `count` of it, goes back. What is left of the claim may {@link grow} again. */
  give(claim: Claim, count = claim.count): void {
    if (count === 0) return;
    claim.count -= count;
    if (claim.count === 0) this.claims.remove(claim);
    this.available += count;
    this.serve();
  }

  /** More for a claim that is there. Answers the claim, or the waiting for it. */
  grow(claim: Claim, count: number, priority: number): unknown {
    if (this.line.length === 0 && count <= this.available) return this.add(claim, count);
    const waiting = new Waiting(this, claim.scope, count, priority, claim);
    this.line.join(waiting);
    this.serve();
    return waiting.settled();
  }

  resize(total: number): void {
    this.available += total - this.total;
    this.total = total;
    for (const waiting of this.line.all()) {
      if (waiting.row === null || waiting.count <= total) continue; // one before may have sent it away
      this.line.leave(waiting);
      waiting.refuse(this.tooMany(waiting.count));
    }
    this.serve();
  }

  left(waiting: Waiting): void {
    this.line.leave(waiting);
    this.serve(); // one that wants less may be first now
  }

  tooMany(count: number): RangeError {
    return new RangeError(
      `Expected ${String(this.total)} permits of "${this.name}" at most, as there are no more, received ${String(count)}.`,
    );
  }

  /** Lets in those whose turn it is. */
  serve(): void {
    if (this.line.length > 0) this.rounds.run();
  }

  private serveNext(): boolean {
    const next = this.line.first();
    if (next === null || next.count > this.available) return false;
    this.line.leave(next);
    const claim = next.claim ?? new Claim(this, next.scope, 0);
    if (claim.count === 0) claim.since = this.now();
    next.serve(this.add(claim, next.count));
    return true;
  }

  private claim(scope: Scope, count: number): Claim {
    const claim = new Claim(this, scope, 0);
    if (scope.since !== -1 || this.hasClock) claim.since = this.now(); // long after it was opened, or in another time
    return this.add(claim, count);
  }

  private add(claim: Claim, count: number): Claim {
    if (claim.count === 0) this.claims.add(claim);
    claim.count += count;
    this.available -= count;
    return claim;
  }

  private wait(scope: Scope, count: number, priority: number): unknown {
    if (count > this.total) throw this.tooMany(count);
    const held = heldAround(scope, this);
    if (held > 0 && this.reentrant) return new Claim(this, scope, 0);
    if (count > this.total - held) throw this.deadlock(held);
    const waiting = new Waiting(this, scope, count, priority);
    if (scope.since !== -1 || this.hasClock) waiting.arrived = this.now();
    this.line.join(waiting);
    this.serve(); // those in line may want more than there is, and this one come before them
    return waiting.settled();
  }

  private deadlock(held: number): DeadlockError {
    return new DeadlockError(
      `"${this.name}" would be waited for inside a scope that holds it (${String(held)} of ${String(this.total)}), ` +
        'and can be free only after that has ended. Enter it once, around both.',
      { resource: this.name },
    );
  }
}

/** Refuses what is no priority. */
export function checkPriority(priority: number): void {
  if (typeof priority === 'number' && Number.isFinite(priority)) return;
  const received = typeof priority === 'number' ? String(priority) : kindOf(priority);
  throw new RangeError(`Expected priority to be a finite number, received ${received}.`);
}

/** Refuses what is no time after which a waiter counts for more. */
export function checkAging(aging: number): void {
  if (typeof aging === 'number' && aging > 0) return;
  throw new RangeError(`Expected aging to be more than 0 milliseconds, received ${String(aging)}.`);
}
