/**
 * A run of a slow pool is recorded: each thing that happens in it is a moment. Then it runs again, once for each moment,
 * and something cuts in exactly there: a borrower leaves, a handle dies, the pool is closed. Whenever that is, nothing
 * leaks, nothing is given back twice, and everybody else is served.
 */
import { concat, defer, finalize, of, Subject, takeUntil, tap, timer, type Observable } from 'rxjs';
import { pool, resource, ResourceLostError, using, type Lease, type Pool } from '../../lib/index.js';
import { reported } from '../support/journal.js';
import { Frames } from '../support/pool-frames.js';
import { faultsOf, Plant, type Handle } from '../support/pool-plant.js';

const MAX = 2;
/** When they come, and how long they stay; each second one has something of its own to release, slowly. */
const ARRIVALS = [0, 0, 0, 1, 2, 14, 15];
const STAYS = [4, 6, 3, 5, 2, 4, 3];
const END = 60;

type End = 'complete' | 'left' | 'error';

interface Borrower {
  served: number;
  end: End | null;
  error: unknown;
  leave(): void;
}

/** The run. `act` cuts in at moment number `at`. */
class Run {
  moments = 0;
  readonly faults: string[] = [];
  readonly borrowers: Borrower[] = [];
  readonly frames = new Frames();
  readonly plant: Plant;
  it!: Pool<Handle>;
  private readonly used = new Map<number, Handle>();

  constructor(
    private readonly at: number,
    private readonly act: (run: Run) => void,
  ) {
    this.plant = new Plant(MAX, {
      create: () => this.slowly(3),
      destroy: () => this.slowly(2),
    });
  }

  /** Who has it just now. */
  ownerOf(handle: Handle): number {
    for (const [index, one] of this.used) if (one === handle) return index;
    return -1;
  }

  open(): () => void {
    const { frames, plant } = this;
    const source = pool(plant.resource, {
      max: MAX,
      validateAfter: 3,
      validate: () => this.slowly(1),
      reset: () => this.slowly(1),
      random: () => 0,
      scheduler: frames,
    });
    const owner = using(source, (it) => {
      this.it = it;
      return timer(END, frames);
    }).subscribe({ error: (error: unknown) => this.faults.push(`the pool failed: ${String(error)}`) });
    this.it.events$.subscribe(() => {
      this.pass();
    });
    return () => {
      if (!owner.closed) this.faults.push('the pool is open still');
    };
  }

  pass(): void {
    if (this.moments++ === this.at) this.act(this);
  }

  look(): void {
    for (const fault of faultsOf(this.it, this.plant)) this.faults.push(`at ${this.frames.now()}: ${fault}`);
  }

  byStream(index: number): void {
    const borrower: Borrower = { served: 0, end: null, error: null, leave: () => undefined };
    this.borrowers[index] = borrower;
    this.pass();
    const scope = using(this.plant.watched(this.it.lease), (handle) => {
      borrower.served++;
      this.used.set(index, handle);
      this.pass();
      const work = concat(of(1), timer(STAYS[index] ?? 0, this.frames));
      return index % 2 === 0 ? work : using(this.own(), () => work);
    }).pipe(
      tap(() => {
        this.pass();
      }),
      finalize(() => this.used.delete(index)),
    );
    const leaving = new Subject<void>(); // works inside its own subscribe, too
    borrower.leave = () => {
      borrower.end ??= 'left';
      leaving.next();
    };
    scope.pipe(takeUntil(leaving)).subscribe({
      error: (error: unknown) => {
        borrower.end = 'error';
        borrower.error = error;
        this.pass();
      },
      complete: () => {
        borrower.end ??= 'complete';
        this.pass();
      },
    });
  }

  async byPromise(index: number): Promise<void> {
    const controller = new AbortController();
    const borrower: Borrower = {
      served: 0,
      end: null,
      error: null,
      leave: () => {
        controller.abort();
      },
    };
    this.borrowers[index] = borrower;
    this.pass();
    let held: Lease<Handle>;
    try {
      held = await this.it.acquire({ signal: controller.signal });
    } catch (error) {
      borrower.end = error === controller.signal.reason ? 'left' : 'error';
      borrower.error = error;
      return;
    }
    borrower.served++;
    this.plant.lent(held.value);
    this.pass();
    await new Promise<void>((resolve) => {
      this.frames.schedule(() => {
        resolve();
      }, STAYS[index]);
    });
    this.plant.back(held.value);
    await held.release();
    borrower.end = 'complete';
    this.pass();
  }

  /** What is wrong at the end. `excused`: those who need not have been served. */
  judge(excused: (index: number) => boolean): string[] {
    const { faults, borrowers, plant, it } = this;
    borrowers.forEach(({ served, end, error }, index) => {
      if (served > 1) faults.push(`${index} was served ${served} times`);
      if (end === null) faults.push(`${index} has not ended`);
      if (excused(index)) return;
      if (served === 0) faults.push(`${index} was not served`);
      if (end !== 'complete') faults.push(`${index} ended with ${String(end)} ${String(error)}`);
    });
    if (borrowers.length !== ARRIVALS.length) faults.push('not all have come');
    const { total, waiting, borrowed } = it.stats;
    if (total + waiting + borrowed > 0) faults.push(`${total} left, ${waiting} wait, ${borrowed} borrowed`);
    faults.push(...plant.leftovers, ...plant.faults);
    return faults;
  }

  private own(): ReturnType<typeof resource<null>> {
    return resource({ acquire: () => null, release: () => this.slowly(2) });
  }

  private slowly(frames: number): Observable<unknown> {
    return defer(() => {
      this.pass();
      return timer(frames, this.frames).pipe(tap(() => { this.pass(); })); // prettier-ignore
    });
  }
}

/** All by stream. */
function play(at: number, act: (run: Run) => void, excused: (index: number, run: Run) => boolean): Run {
  const run = new Run(at, act);
  const check = run.open();
  ARRIVALS.forEach((when, index) => {
    run.frames.schedule(() => {
      run.byStream(index);
    }, when);
  });
  run.frames.advance(END + 20, () => {
    run.look();
    run.pass();
  });
  check();
  run.judge((index) => excused(index, run));
  return run;
}

/** Plays it once for each moment there is. */
function sweep(act: (run: Run) => void, excused: (index: number, run: Run) => boolean): void {
  const { moments, faults } = play(Infinity, act, () => false);
  expect(faults).toEqual([]);
  expect(moments).toBeGreaterThan(100);
  for (let at = 0; at < moments; at++) {
    expect({ at, faults: play(at, act, excused).faults.slice(0, 3) }).toEqual({ at, faults: [] });
  }
}

const BORROWERS = ARRIVALS.map((_, index) => index);

describe('At each moment of a run of a pool', () => {
  it.each(BORROWERS)('number %i may leave', async (victim) => {
    sweep(
      (run) => run.borrowers[victim]?.leave(),
      (index) => index === victim,
    );
    expect(await reported()).toEqual([]);
  });

  it.each(BORROWERS.slice(0, -1))('number %i and the next may leave, one out of the other', async (victim) => {
    sweep(
      (run) => {
        run.borrowers[victim + 1]?.leave();
        run.borrowers[victim]?.leave();
      },
      (index) => index === victim || index === victim + 1,
    );
    expect(await reported()).toEqual([]);
  });

  it.each([0, 1])('handle %i may die, which only its borrower is told', async (id) => {
    let told = 0;
    sweep(
      ({ plant }) => plant.handles[id]?.lost.next('gone'),
      (index, { borrowers }) => {
        const { error } = borrowers[index] as Borrower;
        if (!(error instanceof ResourceLostError)) return false;
        told++;
        return borrowers.every((other) => other.error === null || other.error === error);
      },
    );
    expect(told).toBeGreaterThan(10);
    expect(await reported()).toEqual([]);
  });

  const changes: readonly [string, (run: Run) => void][] = [
    ['all handles may be evicted', ({ it }) => { it.evict(); }],
    ['the pool may get smaller, and larger again', ({ it, frames }) => { it.resize(1); frames.schedule(() => { it.resize(2); }, 5); }],
    ['the pool may be suspended for a while', ({ it, frames }) => { it.suspend(); frames.schedule(() => { it.resume(); }, 5); }],
    ['somebody may try', ({ it }) => { it.tryLease.subscribe({ error: () => undefined }).unsubscribe(); }],
    ['somebody may come and leave at once', ({ it }) => { it.lease.subscribe({ error: () => undefined }).unsubscribe(); }],
  ]; // prettier-ignore

  it.each(changes)('%s, and everybody is served', async (_, act) => {
    sweep(act, () => false);
    expect(await reported()).toEqual([]);
  });

  it.each([false, true])('the pool may be closed (force: %p), and everybody is told', async (force) => {
    const names = new Set<string>();
    const closing = async (it: Pool<Handle>): Promise<void> => {
      await it.close({ force });
    };
    sweep(
      ({ it }) => void closing(it),
      (index, { borrowers, plant }) => {
        const { error, served } = borrowers[index] as Borrower;
        if (error === null) return false;
        const { name } = error as Error;
        names.add(name);
        return name === 'ClosedError' && (force || served === 0) && plant.making === 0;
      },
    );
    expect([...names]).toEqual(['ClosedError']);
    expect(await reported()).toEqual([]);
  });
});

describe('At each microtask of a run of a pool whose borrowers are promises', () => {
  /** Number `victim` is aborted at that moment; each microtask is one, and whatever happens besides. */
  const playPromises = async (at: number, victim: number): Promise<Run> => {
    const run = new Run(at, ({ borrowers }) => borrowers[victim]?.leave());
    const check = run.open();
    const { frames } = run;
    ARRIVALS.forEach((when, index) => {
      frames.schedule(() => void run.byPromise(index), when);
    });
    while (frames.next < Infinity) {
      frames.maxFrames = frames.next;
      frames.flush();
      for (let i = 0; i < 6; i++) {
        await Promise.resolve();
        run.pass();
      }
      run.look();
    }
    check();
    const { served } = run.borrowers[victim] as Borrower;
    run.judge((index) => index === victim && served === 0);
    return run;
  };

  it.each(BORROWERS)('the signal of number %i may abort', async (victim) => {
    const { moments, faults } = await playPromises(Infinity, victim);
    expect(faults).toEqual([]);
    const ends = new Set<string>();
    for (let at = 0; at < moments; at++) {
      const run = await playPromises(at, victim);
      expect({ at, faults: run.faults.slice(0, 3) }).toEqual({ at, faults: [] });
      ends.add(run.borrowers[victim]?.end ?? 'none');
    }
    expect([...ends].sort()).toEqual(['complete', 'left']);
    expect(await reported()).toEqual([]);
  });
});
