/**
 * `condition` against a model: workers take the lock, wait, notify and leave in any order; after every step the same one holds
 * the lock, the same ones wait, and no notification is lost.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { concatMap, Subject, takeUntil, type Observable } from 'rxjs';

import { condition, mutex, using } from '../../lib/index.js';
import { PATIENCE, parameters } from './support/parameters.js';

type State = 'in line' | 'holding' | 'waiting' | 'notified' | 'gone';

class Worker {
  state: State = 'in line';
  /** Its consumer has left; it takes the lock all the same, where it had it before. */
  isLeft = false;

  constructor(readonly id: number) {}
}

/** What a lock with a condition is: a line for the lock, and one of those who wait to be notified. */
class Model {
  holder: Worker | null = null;
  line: Worker[] = [];
  waiting: Worker[] = [];

  come(worker: Worker): void {
    this.line.push(worker);
    this.serve();
  }

  wait(worker: Worker): void {
    worker.state = 'waiting';
    this.waiting.push(worker);
    this.holder = null;
    this.serve();
  }

  notify(count: number): void {
    for (const worker of this.waiting.splice(0, count)) {
      worker.state = 'notified';
      this.line.push(worker);
    }
  }

  leave(worker: Worker): void {
    if (worker.isLeft) return;
    worker.isLeft = true;
    if (worker.state === 'in line') this.line = this.line.filter((one) => one !== worker);
    if (worker.state === 'in line' || worker.state === 'holding') worker.state = 'gone';
    if (worker.state === 'waiting') {
      this.waiting = this.waiting.filter((one) => one !== worker);
      worker.state = 'in line';
      this.line.push(worker);
    }
    if (this.holder === worker) this.holder = null;
    this.serve();
  }

  private serve(): void {
    while (this.holder === null && this.line.length > 0) {
      const next = this.line.shift() as Worker;
      if (next.isLeft && next.state === 'notified') this.notify(1);
      if (next.isLeft) next.state = 'gone';
      else {
        next.state = 'holding';
        this.holder = next;
      }
    }
  }
}

/** The same with the real thing. */
class Real {
  readonly lock = mutex();
  readonly changed = condition(this.lock);
  readonly holding = new Set<number>();
  private readonly all: { orders: Subject<Observable<unknown>>; leaving: Subject<void> }[] = [];

  come(id: number): void {
    const orders = new Subject<Observable<unknown>>();
    const leaving = new Subject<void>();
    this.all.push({ orders, leaving });
    const scope = using(this.lock.lock, () => {
      this.holding.add(id);
      return orders.pipe(concatMap((order) => order));
    });
    scope.pipe(takeUntil(leaving)).subscribe(() => this.holding.add(id));
  }

  wait(id: number): void {
    this.holding.delete(id);
    this.all[id]?.orders.next(this.changed.wait());
  }

  leave(id: number): void {
    this.holding.delete(id);
    this.all[id]?.leaving.next();
  }
}

type Step = readonly [what: number, which: number];

function play(steps: readonly Step[]): void {
  const model = new Model();
  const real = new Real();
  const workers: Worker[] = [];
  const compare = (): void => {
    const { lock, changed, holding } = real;
    expect([...holding]).toEqual(model.holder === null ? [] : [model.holder.id]);
    expect([lock.locked, lock.waiting, changed.waiting]).toEqual([
      ...[model.holder !== null, model.line.length, model.waiting.length],
    ]);
  };
  for (const [what, which] of steps) {
    const { holder } = model;
    const present = workers.filter(({ isLeft }) => !isLeft);
    if (what < 3) {
      const worker = new Worker(workers.length);
      workers.push(worker);
      model.come(worker);
      real.come(worker.id);
    } else if (what < 6) {
      if (holder === null) continue;
      model.wait(holder);
      real.wait(holder.id);
    } else if (what === 6) {
      if (holder === null) continue;
      model.notify(which % 4);
      real.changed.notify(which % 4);
    } else if (present.length > 0) {
      const worker = present[which % present.length] as Worker;
      model.leave(worker);
      real.leave(worker.id);
    }
    compare();
  }
  for (const worker of workers) {
    model.leave(worker);
    real.leave(worker.id);
  }
  compare();
  expect(workers.every(({ state }) => state === 'gone')).toBe(true);
}

it(
  'is held and waited on by whom a simple model says, whoever waits, notifies and leaves',
  () => {
    const step = fc.tuple(fc.nat(8), fc.nat(30));
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), play), parameters(600));
  },
  PATIENCE,
);
