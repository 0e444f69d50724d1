/** What a pool goes through with the system behind it: slow starts, outages, handles that cannot be got rid of. */
import { concat, ignoreElements, NEVER, of, Subject, throwError, timer } from 'rxjs';
import {
  lease,
  pool,
  releaseTimeout,
  using,
  type Lease,
  type Pool,
  type PoolOptions,
  type Resource,
} from '../../lib/index.js';
import { reported } from '../support/journal.js';
import { Frames, turn } from '../support/pool-frames.js';
import { faultsOf, Plant, type Handle, type Work } from '../support/pool-plant.js';
import { Visitors } from '../support/visitors.js';

interface Scene {
  readonly frames: Frames;
  readonly plant: Plant;
  readonly visitors: Visitors;
  readonly it: Pool<Handle>;
  readonly held: Lease<Pool<Handle>>;
}

/** A pool of at most `max`, in virtual time. */
async function scene(
  max: number,
  work: (frames: Frames) => Work,
  options: PoolOptions<Handle> = {},
  limited: (source: Resource<Handle>, frames: Frames) => Resource<Handle> = (source) => source,
): Promise<Scene> {
  const frames = new Frames();
  const plant = new Plant(max, work(frames));
  const source = pool(limited(plant.resource, frames), { max, scheduler: frames, random: () => 0, ...options });
  const held = await lease(source);
  return { frames, plant, visitors: new Visitors(), it: held.value, held };
}

/** Ends the pool, with the time that takes. */
async function end({ held, frames }: Scene, ms = 10_000): Promise<void> {
  const released = held.release();
  frames.advance(ms);
  await released;
}

describe('A spike', () => {
  /** 50 callers at once on 5 warm handles, each for 2 ms; one more takes 150 ms to make. */
  const spike = async (options: PoolOptions<Handle> = {}): Promise<{ at: number; created: number }> => {
    let makingTakes = 0;
    const it = await scene(
      50,
      (frames) => ({ create: () => (makingTakes === 0 ? undefined : timer(makingTakes, frames)) }),
      { min: 5, ...options },
    );
    await it.it.ready();
    makingTakes = 150;
    const { created } = it.it.stats;
    expect(created).toBe(5);
    let served = 0;
    let at = 0;
    for (let i = 0; i < 50; i++) {
      using(it.it.lease, () => timer(2, it.frames)).subscribe({
        complete: () => {
          served++;
          at = it.frames.now();
        },
      });
    }
    it.frames.advance(1_000, () => {
      expect(faultsOf(it.it, it.plant)).toEqual([]);
    });
    expect(served).toBe(50);
    const created2 = it.plant.creates - created;
    await end(it);
    return { at, created: created2 };
  };

  it('is served by what comes back, and hardly anything is made (P5, P6)', async () => {
    const { at, created } = await spike();
    expect(at).toBeLessThanOrEqual(30);
    expect(created).toBeLessThanOrEqual(2);
  });

  it('is served as fast in the order of use', async () => {
    const { at, created } = await spike({ order: 'fifo' });
    expect(at).toBeLessThanOrEqual(30);
    expect(created).toBeLessThanOrEqual(2);
  });

  it('makes more where nothing comes back', async () => {
    const it = await scene(20, (frames) => ({ create: () => timer(10, frames) }));
    it.visitors.crowd(20, it.it.lease);
    it.frames.advance(100);
    expect(it.visitors.are('inside').length).toBe(20);
    for (const visitor of it.visitors.all) visitor.done();
    await end(it);
  });
});

describe('An outage', () => {
  it('is asked about rarely: ten times at most in the first 500 ms, whatever chance says', async () => {
    for (const random of [(): number => 0, (): number => 0.5, (): number => 0.999_999]) {
      for (const takes of [0, 1, 5]) {
        const it = await scene(
          50,
          (frames) => ({
            create: () =>
              concat(
                timer(takes, frames).pipe(ignoreElements()),
                throwError(() => new Error('down')),
              ),
          }),
          { random, min: 2 },
        );
        it.visitors.crowd(100, it.it.lease);
        for (let at = 0; at < 500; at += 10) {
          it.visitors.come(it.it.lease);
          it.frames.advance(10);
        }
        expect(it.plant.creates).toBeLessThanOrEqual(10);
        expect(faultsOf(it.it, it.plant)).toEqual([]);
        for (const visitor of it.visitors.all) visitor.leave();
        await end(it);
      }
    }
  });

  it('is over for those who wait when it is over, and nobody new has to fail for that', async () => {
    const down = new Error('down');
    let isDown = true;
    const it = await scene(5, () => ({
      create: () => {
        if (isDown) throw down;
      },
    }));
    it.visitors.crowd(30, it.it.lease);
    it.frames.advance(600);
    const failed = it.visitors.are('failed').length;
    expect(failed).toBeLessThanOrEqual(10);
    expect(it.visitors.all.filter(({ error }) => error !== undefined && error !== down)).toEqual([]);
    isDown = false;
    it.frames.advance(2_000);
    expect(it.visitors.are('inside').length).toBe(5);
    while (it.visitors.are('inside').length > 0) for (const visitor of it.visitors.all) visitor.done();
    expect(it.visitors.are('gone').length).toBe(30 - failed);
    it.visitors.come(it.it.lease);
    expect(it.visitors.are('inside').length).toBe(1);
    it.visitors.all.at(-1)?.done();
    expect(it.it.stats.lastCreateError).toBe(null);
    await end(it);
  });

  it('starts the waiting between tries afresh when it is over', async () => {
    let isDown = true;
    const tries: number[] = [];
    const it = await scene(1, (frames) => ({
      create: () => {
        tries.push(frames.now());
        if (isDown) throw new Error('down');
      },
    }), { destroyOn: () => true }); // prettier-ignore
    it.visitors.crowd(8, it.it.lease);
    it.frames.advance(1_000);
    expect(tries).toEqual([0, 10, 30, 70, 150, 310, 630]);
    isDown = false;
    it.frames.advance(1_000);
    expect(tries.at(-1)).toBe(1_270);
    isDown = true;
    it.visitors.all.find(({ state }) => state === 'inside')?.fail(new Error('of the work')); // destroyed: there is none now
    tries.length = 0;
    const from = it.frames.now();
    it.visitors.crowd(4, it.it.lease);
    it.frames.advance(100);
    expect(tries.map((at) => at - from)).toEqual([0, 10, 30, 70]);
    await end(it);
  });

  it('keeps min without anybody waiting, as soon as it is over', async () => {
    let isDown = true;
    const it = await scene(
      5,
      () => ({
        create: () => {
          if (isDown) throw new Error('down');
        },
      }),
      { min: 3 },
    );
    await expect(Promise.all([it.it.ready(), (it.frames.advance(20), turn())])).rejects.toThrow('down');
    it.frames.advance(1_000);
    isDown = false;
    const ready = it.it.ready();
    it.frames.advance(5_000);
    await ready;
    expect(it.it.stats).toMatchObject({ idle: 3, total: 3 });
    await end(it);
  });

  it('makes nothing for those who give up in the same moment', async () => {
    const hanging = new Subject<unknown>();
    const it = await scene(50, () => ({ create: () => hanging }), { acquireTimeout: 100 });
    it.visitors.crowd(30, it.it.lease);
    const before = it.plant.creates;
    it.frames.advance(100);
    expect(it.visitors.are('failed').length).toBe(30);
    expect(it.plant.creates).toBe(before);
    hanging.next(1);
    await end(it);
  });

  it('has waiting times that end: it refuses a back-off of nothing', () => {
    const { resource } = new Plant(1);
    expect(() => pool(resource, { backoff: { initial: 0 } })).toThrow(RangeError);
    expect(() => pool(resource, { backoff: { max: 0 } })).toThrow(RangeError);
  });

  it.each([2, 3, 10])('of one in %i handles fails no more borrowers than that', async (every) => {
    let count = 0;
    const it = await scene(
      4,
      (frames) => ({ create: () => (++count % every === 0 ? throwError(() => new Error('no')) : timer(1, frames)) }),
      { maxUses: 1 },
    );
    it.visitors.crowd(200, it.it.lease);
    for (let at = 0; at < 5_000; at++) {
      it.frames.advance(1);
      for (const visitor of it.visitors.all) if (visitor.state === 'inside') visitor.done();
    }
    expect(faultsOf(it.it, it.plant)).toEqual([]);
    const { created, createFailures } = it.it.stats;
    expect(it.visitors.are('failed').length).toBe(createFailures);
    expect(it.visitors.are('gone').length).toBe(200 - createFailures);
    expect(Math.abs((created + createFailures) / every - createFailures)).toBeLessThanOrEqual(1);
    await end(it);
  });
});

describe('Destroying', () => {
  it('that takes long counts, and holds up those who need the place (law 36)', async () => {
    const it = await scene(1, (frames) => ({ destroy: () => timer(50, frames) }), { maxUses: 1 });
    it.visitors.crowd(3, it.it.lease);
    const entered: number[] = [];
    for (let i = 0; i < 3; i++) {
      entered.push(it.frames.now());
      expect(it.visitors.are('inside').length).toBe(1);
      it.visitors.all[i]?.done();
      expect(it.it.stats).toMatchObject({ total: 1, destroying: 1, creating: 0 });
      it.frames.advance(50);
    }
    expect(entered).toEqual([0, 50, 100]);
    expect(it.plant.most).toBe(1);
    await end(it);
  });

  it('that hangs costs one place, not the pool', async () => {
    const stuck = new Subject<never>();
    const it = await scene(2, () => ({ destroy: ({ id }) => (id === 0 ? stuck : undefined) }));
    const [first] = it.visitors.crowd(1, it.it.lease);
    first?.fail(new Error('of the work'));
    it.visitors.crowd(5, it.it.lease);
    for (let i = 0; i < 5; i++) for (const visitor of it.visitors.all) visitor.done();
    expect(it.visitors.are('gone').length).toBe(5);
    expect(it.it.stats).toMatchObject({ total: 2, destroying: 1, idle: 1 });
    const closing = it.held.release();
    expect(it.plant.leftovers).toEqual(['0 is closing']);
    stuck.complete();
    await closing;
    expect(it.plant.leftovers).toEqual([]);
  });

  it('that hangs gives its place back after the releaseTimeout of the resource', async () => {
    const it = await scene(
      1,
      () => ({ destroy: ({ id }) => (id === 0 ? NEVER : undefined) }),
      { destroyOn: () => true },
      (source, frames) => source.pipe(releaseTimeout(100, frames)),
    );
    it.plant.limit = 2; // one of them is not the pool's any more
    const [first, second] = it.visitors.crowd(2, it.it.lease);
    first?.fail(new Error('of the work'));
    it.frames.advance(99);
    expect(second?.state).toBe('waiting');
    it.frames.advance(1);
    expect(second?.state).toBe('inside');
    second?.done();
    expect(await reported()).toEqual(['ReleaseTimeoutError']); // what the borrower was told is not told again
    await end(it);
  });

  it.each([
    ['throws', (): never => { throw new Error('stuck'); }],
    ['rejects', (): unknown => Promise.reject(new Error('stuck'))],
    ['fails later', (): unknown => throwError(() => new Error('stuck'))],
  ])('that %s is reported where nobody listens', async (_, destroy) => {
    const it = await scene(1, () => ({ destroy: ({ id }) => (id === 0 ? destroy() : undefined) }), { maxUses: 1 });
    await using(it.it.lease, () => of(1)).forEach(() => undefined);
    await turn();
    expect(await reported()).toEqual(['stuck']);
    expect(it.it.stats).toMatchObject({ destroyFailures: 1, total: 0 });
    await end(it);
  }); // prettier-ignore

  it('that fails is told once to those who listen', async () => {
    const it = await scene(1, () => ({ destroy: () => throwError(() => new Error('stuck')) }), { maxUses: 1 });
    const told: string[] = [];
    it.it.events$.subscribe(({ type }) => told.push(type));
    await using(it.it.lease, () => of(1)).forEach(() => undefined);
    expect(told).toEqual(['created', 'borrowed', 'returned', 'destroyed', 'destroy-failed']);
    expect(await reported()).toEqual([]);
    await end(it);
  });

  it.each([new Error('stuck'), undefined, null])(
    'that fails with %p fails the end of the pool (law 9)',
    async (error) => {
      const it = await scene(1, () => ({ destroy: () => throwError(() => error) }));
      await using(it.it.lease, () => of(1)).forEach(() => undefined);
      const outcome = await it.held.release().then(
        () => 'well',
        (failure: unknown) => [failure],
      );
      expect(outcome).toEqual([error]);
      expect(await reported()).toEqual([]);
    },
  );
});

describe('Timers', () => {
  const UNTIMED = { idleTimeout: Infinity, maxLifetime: Infinity, acquireTimeout: Infinity };

  it.each(['validate', 'reset'] as const)('of %s are gone when it has answered', async (what) => {
    const answers: Subject<unknown>[] = [];
    const ask = (): unknown => {
      const answer = new Subject<unknown>();
      answers.push(answer);
      return answer;
    };
    const it = await scene(1, () => ({}), { ...UNTIMED, [what]: ask, validateAfter: 0 });
    it.visitors.come(it.it.lease).leave();
    it.visitors.come(it.it.lease);
    expect(answers.length).toBe(1);
    expect(it.frames.next).toBe(5_000);
    answers[0]?.next(true);
    answers[0]?.complete();
    expect(it.visitors.are('inside').length).toBe(1);
    expect(it.frames.next).toBe(Infinity);
    it.visitors.all[1]?.done();
    for (const answer of answers) answer.complete();
    await end(it);
  });

  it('are gone when the pool is closed: of those who wait, of what is idle or lent, of the next try', async () => {
    let isDown = false;
    const work: Work = {
      create: () => {
        if (isDown) throw new Error('down');
      },
    };
    const it = await scene(3, () => work, { min: 1, leakAfter: 700, reclaimAfter: 900, backoff: { initial: 800 } });
    const [one, two] = it.visitors.crowd(2, it.it.lease);
    one?.done();
    isDown = true;
    it.visitors.crowd(3, it.it.lease);
    expect(it.it.stats).toMatchObject({ waiting: 1, borrowed: 2, createFailures: 1 });
    expect(it.frames.next).toBeLessThan(Infinity);
    const closing = it.held.release();
    for (const visitor of it.visitors.all) visitor.done();
    expect(two?.state).toBe('gone');
    await closing;
    expect(it.frames.next).toBe(Infinity);
  });

  it('are gone when the pool is closed out of the error of one whose time is over', async () => {
    const it = await scene(1, () => ({}), { ...UNTIMED, acquireTimeout: 10 });
    const holder = it.visitors.come(it.it.lease);
    it.it.lease.subscribe({ error: () => void it.it.close() });
    it.visitors.come(it.it.leaseWith({ timeout: 500 }));
    it.frames.advance(10);
    expect(it.visitors.are('failed').length).toBe(1);
    holder.done();
    expect(it.frames.next).toBe(Infinity);
    await end(it);
  });
});
