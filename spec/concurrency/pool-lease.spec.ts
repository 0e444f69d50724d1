import { setMaxListeners } from 'node:events';
import { Subject } from 'rxjs';
import { openResources, type Exit, type Lease, type Pool } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { microtasks } from '../support/microtasks.js';
import { PoolTest } from '../support/pool-test.js';
import { rejection } from '../support/rejection.js';

describe('pool-lease: acquire()', () => {
  let test: PoolTest;
  let made: Pool<Handle>;

  beforeEach(() => {
    test = new PoolTest();
    made = test.open({ max: 1 });
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');
  const take = (options?: Parameters<Pool<Handle>['acquire']>[0]): Promise<Lease<Handle>> => made.acquire(options);

  /** A signal that counts who listens. */
  const watchedSignal = (): { controller: AbortController; listeners: () => number } => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => { listeners++; add(...args); };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => { listeners--; remove(...args); };
    return { controller, listeners: () => listeners };
  }; // prettier-ignore

  it('answers a handle, which goes back with release()', async () => {
    const held = await take();
    expect(held.value).toBe(test.depot.handles[0]);
    expect(made.stats).toMatchObject({ borrowed: 1, leases: 1 });
    expect(await held.release()).toBe(false);
    expect(made.stats).toMatchObject({ borrowed: 0, idle: 1, leases: 0 });
  });

  it('goes back once: a second release is nothing, also when somebody else has it by then (P9)', async () => {
    const first = await take();
    await first.release();
    const second = await take();
    expect(await first.release()).toBe(false);
    await first[Symbol.asyncDispose]();
    expect(made.stats).toMatchObject({ borrowed: 1, leases: 1, idle: 0 });
    await second.release();
  });

  it('goes back at the end of `await using`', async () => {
    const held = await take();
    await held[Symbol.asyncDispose]();
    expect(made.stats.idle).toBe(1);
  });

  it('is on the list of what is open, under the name of the resource, until then', async () => {
    const before = openResources().length;
    const held = await take();
    expect(openResources().slice(before).map(({ name, state }) => `${name} ${state}`)).toEqual(['handle held', 'handle held']);
    await held.release();
    expect(openResources()).toHaveLength(before + 1); // the unused handle
    expect(made.holders()).toEqual([]);
  }); // prettier-ignore

  it('told an error, rejects with that, and has the handle destroyed', async () => {
    const held = await take();
    expect(await rejection(held.release({ kind: 'error', error: boom }))).toBe(boom);
    expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: boom });
    expect(await held.release({ kind: 'error', error: boom })).toBe(false);
  });

  it('told an unsubscribe, goes back', async () => {
    const held = await take();
    expect(await held.release({ kind: 'unsubscribe' })).toBe(false);
    expect(made.stats.idle).toBe(1);
  });

  it('told what is no exit, rejects with a TypeError, and is held still', async () => {
    const held = await take();
    expect(await rejection(held.release({ kind: 'maybe' } as unknown as Exit))).toBeInstanceOf(TypeError);
    expect(made.stats.borrowed).toBe(1);
    await held.release();
  });

  it('waits in the line, and has it inside the call that gives back', async () => {
    const first = await take();
    const second = take();
    expect(made.stats).toMatchObject({ waiting: 1 });
    void first.release();
    expect(made.stats).toMatchObject({ waiting: 0, borrowed: 1 });
    await (await second).release();
  });

  it('fails with what making fails with', async () => {
    test.depot.outage = boom;
    expect(await rejection(take())).toBe(boom);
  });

  describe('with a signal', () => {
    it('that has aborted, rejects with its reason and asks for nothing', async () => {
      expect(await rejection(take({ signal: AbortSignal.abort(boom) }))).toBe(boom);
      expect(made.stats.asked).toBe(0);
    });

    it('that aborts while it waits, gives up the place with its reason (P2)', async () => {
      const held = await take();
      const { controller, listeners } = watchedSignal();
      const waiting = rejection(take(controller));
      const next = take();
      expect(listeners()).toBe(1);
      controller.abort(boom);
      expect(made.stats).toMatchObject({ waiting: 1, left: 1 });
      expect(await waiting).toBe(boom);
      await held.release();
      await (await next).release();
    });

    it('that aborts later, does nothing', async () => {
      const controller = new AbortController();
      const held = await take(controller);
      controller.abort(boom);
      expect(made.stats.borrowed).toBe(1);
      expect(await held.release()).toBe(false);
    });

    it('that aborts in the tick in which it is served, does nothing: it has it (P3)', async () => {
      const held = await take();
      const controller = new AbortController();
      const waiting = take(controller);
      void held.release();
      controller.abort(boom);
      const second = await waiting;
      expect(made.stats).toMatchObject({ borrowed: 1, left: 0, served: 2 });
      await second.release();
    });

    it('that aborts in the tick before, is refused, and the next one has it (P3)', async () => {
      const held = await take();
      const controller = new AbortController();
      const waiting = rejection(take(controller));
      const next = take();
      controller.abort(boom);
      void held.release();
      expect(await waiting).toBe(boom);
      await (await next).release();
      expect(made.stats).toMatchObject({ borrowed: 0, left: 1 });
    });

    it.each<[string, () => Promise<void> | void]>([
      ['served', () => undefined],
      ['timed out', () => { test.pass(30_000); }],
      ['refused', () => void made.close()],
    ])('nothing listens to it when it is %s (P2)', async (_, end) => {
      const held = await take();
      const { controller, listeners } = watchedSignal();
      const waiting = take(controller).then((second) => second.release(), () => undefined);
      await end();
      await held.release();
      await waiting;
      expect(listeners()).toBe(0);
    }); // prettier-ignore

    it('that is aborted by what making it does, gives up', async () => {
      const controller = new AbortController();
      test.depot.makeTime = 10;
      const waiting = rejection(take(controller));
      test.clock.schedule(() => { controller.abort(boom); }, 5);
      test.pass(5);
      expect(await waiting).toBe(boom);
      test.pass(5);
      expect(made.stats).toMatchObject({ idle: 1, left: 1 });
    }); // prettier-ignore

    it('ten thousand that abort leave nothing behind', async () => {
      const held = await take();
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      const waiting = Array.from({ length: 10_000 }, () => rejection(take(controller)));
      controller.abort(boom);
      expect(new Set(await Promise.all(waiting))).toEqual(new Set([boom]));
      expect(made.stats).toMatchObject({ waiting: 0, left: 10_000 });
      await held.release();
    });
  });

  describe('whose handle dies', () => {
    it('is told by release(), once', async () => {
      const held = await take();
      held.value.lost.next('gone');
      expect(made.stats).toMatchObject({ total: 0, destroyed: { lost: 1 } });
      expect(await rejection(held.release())).toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
      expect(await held.release()).toBe(false);
    });

    it('and of whom nobody gives back, makes no noise', async () => {
      const held = await take();
      held.value.lost.next('gone');
      await microtasks();
      expect(openResources().map(({ name }) => name)).toEqual(['pool(handle)']);
    });

    it('has others served at once', async () => {
      const held = await take();
      const next = take();
      held.value.lost.next('gone');
      expect((await next).value.id).toBe(2);
      await (await next).release();
    });
  });

  it('gives back while a slow reset runs, without waiting for it', async () => {
    const done = new Subject<void>();
    const other = test.open({ reset: () => done });
    const held = await other.acquire();
    expect(await held.release()).toBe(false);
    expect(other.stats).toMatchObject({ checking: 1 });
    done.complete();
  });
});
