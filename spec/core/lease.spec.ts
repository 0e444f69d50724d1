import { EMPTY, EmptyError, NEVER, of, Subject, throwError } from 'rxjs';
import { lease, openResources, resource, suppress, fromValue, andThen, type Exit } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise, waysToFail } from '../support/failing.js';
import { describeError, Gate, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');
const failed: Exit = { kind: 'error', error: boom };

describe('lease', () => {
  it('holds the resource until it is released', async () => {
    const journal = new Journal();
    const held = await lease(journal.resource('a'));
    expect(held.value).toBe('a');
    expect(openResources()).toMatchObject([{ name: 'a', state: 'held' }]);
    expect(await held.release()).toBe(false);
    expect(journal.lines).toEqual(['+a', '-a complete']);
  });

  it('enters in the same tick', async () => {
    const journal = new Journal();
    const leasing = lease(journal.resource('a'));
    expect(journal.lines).toEqual(['+a']);
    await (await leasing).release();
  });

  it('is released at the end of a block by await using', async () => {
    const journal = new Journal();
    {
      await using held = await lease(journal.resource('a', { release: async () => Promise.resolve() }));
      journal.note(`block with ${held.value}`);
    }
    journal.note('after');
    expect(journal.lines).toEqual(['+a', 'block with a', '-a complete', '-a ok', 'after']);
  });

  describe('release', () => {
    it.each<Exit>([{ kind: 'complete' }, { kind: 'unsubscribe' }])(
      'tells the resource the exit: %p (law 7)',
      async (exit) => {
        const journal = new Journal();
        const held = await lease(journal.resource('a'));
        expect(await held.release(exit)).toBe(false);
        expect(journal.lines).toEqual(['+a', `-a ${exit.kind}`]);
      },
    );

    it("rejects with the exit's own error where nothing suppressed it (law 26)", async () => {
      const journal = new Journal();
      const held = await lease(journal.resource('a'));
      expect(await rejection(held.release(failed))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });

    it('answers true where the resource suppressed it (law 26)', async () => {
      const held = await lease(fromValue(1).pipe(suppress(Error)));
      expect(await held.release(failed)).toBe(true);
    });

    it('answers false where there was nothing to suppress (law 26)', async () => {
      const held = await lease(resource({ acquire: () => 1, exit: () => true }));
      expect(await held.release()).toBe(false);
    });

    it.each(waysToFail(new Error('release')))(
      'rejects with the failure where the release %s (law 9)',
      async (_, release) => {
        const source = resource({ acquire: () => 1, release });
        expect(describeError(await rejection((await lease(source)).release()))).toBe('release');
        expect(describeError(await rejection((await lease(source)).release(failed)))).toBe('S(release, boom)');
      },
    );

    it('waits for the release (law 3)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const held = await lease(journal.resource('a', { release: () => released.promise }));
      const releasing = held.release().then(() => journal.note('done'));
      await microtasks();
      expect(journal.take()).toEqual(['+a', '-a complete']);
      released.open();
      await releasing;
      expect(journal.take()).toEqual(['-a ok', 'done']);
    });

    it('waits a second time, without releasing again and without the error (laws 1, 26)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const held = await lease(journal.resource('a', { release: () => released.promise }));
      const first = rejection(held.release(failed));
      const second = held.release().then((answer) => journal.note(`second: ${answer}`));
      await microtasks();
      expect(journal.take()).toEqual(['+a', '-a error boom']);
      released.open();
      expect(await first).toBe(boom);
      await second;
      expect(journal.take()).toEqual(['-a ok', 'second: false']);
      expect(await held.release()).toBe(false);
    });

    it.each<[string, unknown]>([
      ['a string', 'complete'],
      ['null', null],
      ['an unknown kind', { kind: 'done' }],
      ['an error without its error', { kind: 'error' }],
    ])('refuses an exit that is %s with a TypeError, and can still be released', async (_, exit) => {
      const journal = new Journal();
      const held = await lease(journal.resource('a'));
      const error = await Promise.resolve()
        .then(() => held.release(exit as Exit))
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/Expected an exit/);
      expect(await held.release()).toBe(false);
      expect(journal.take()).toEqual(['+a', '-a complete']);
    });

    it('releases all parts of a composed resource in reverse (law 4)', async () => {
      const journal = new Journal();
      const both = journal.resource('a').pipe(andThen(() => journal.resource('b')));
      await (await lease(both)).release();
      expect(journal.lines).toEqual(['+a', '+b', '-b complete', '-a complete']);
    });
  });

  describe('where entering fails', () => {
    it.each(waysToFail(boom))('rejects with the error where acquire %s (law 11)', async (_, acquire) => {
      expect(await rejection(lease(resource({ acquire })))).toBe(boom);
    });

    it('rejects with EmptyError where the acquire is empty, or the resource suppressed its own failure', async () => {
      expect(await rejection(lease(resource({ acquire: () => EMPTY })))).toBeInstanceOf(EmptyError);
      const suppressing = fromValue(1).pipe(
        suppress(Error),
        andThen(() => resource({ acquire: () => throwError(() => boom) })),
      );
      expect(await rejection(lease(suppressing))).toBeInstanceOf(EmptyError);
    });

    it('rejects with undefined where that is what acquire failed with (law 7)', async () => {
      expect(await rejection(lease(resource({ acquire: () => throwError(() => undefined) })))).toBeUndefined();
    });

    it('rejects with a TypeError where it is given no resource', async () => {
      expect(await rejection(lease(of(1) as never))).toBeInstanceOf(TypeError);
    });
  });

  describe('with a signal', () => {
    it('acquires nothing where it is aborted already', async () => {
      const journal = new Journal();
      expect(await rejection(lease(journal.resource('a'), { signal: AbortSignal.abort(boom) }))).toBe(boom);
      expect(journal.lines).toEqual([]);
    });

    it('rejects with its reason after what came late has been released (law 13)', async () => {
      const [acquired, released] = [new Gate<string>(), new Gate()];
      const journal = new Journal();
      const controller = new AbortController();
      const parts = { acquire: () => acquired.promise, release: () => released.promise };
      const leasing = rejection(lease(journal.resource('a', parts), { signal: controller.signal })).then((error) =>
        journal.note(`rejected: ${describeError(error)}`),
      );
      controller.abort(boom);
      await microtasks();
      expect(journal.take()).toEqual(['+a']);
      acquired.open('late');
      await microtasks();
      expect(journal.take()).toEqual(['+a ok', '-a unsubscribe']);
      released.open();
      await leasing;
      expect(journal.take()).toEqual(['-a ok', 'rejected: boom']);
    });

    it("aborts the acquire's own signal (law 13)", async () => {
      const controller = new AbortController();
      const signals: AbortSignal[] = [];
      const acquired = new Subject<number>();
      const source = resource({
        acquire: ({ signal }) => {
          signals.push(signal);
          return acquired;
        },
        interruptible: true,
      });
      const leasing = rejection(lease(source, { signal: controller.signal }));
      controller.abort(boom);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      expect(acquired.observed).toBe(false);
      expect(await leasing).toBe(boom);
    });

    it('joins a failing release with its reason (law 9)', async () => {
      const acquired = new Gate<number>();
      const controller = new AbortController();
      const source = resource({ acquire: () => acquired.promise, release: () => raise(new Error('release')) });
      const leasing = rejection(lease(source, { signal: controller.signal }));
      controller.abort(boom);
      acquired.open(1);
      expect(describeError(await leasing)).toBe('S(release, boom)');
    });

    it('reports an acquire that fails after the abort (law 13)', async () => {
      const acquired = new Gate<number>();
      const controller = new AbortController();
      const leasing = rejection(lease(resource({ acquire: () => acquired.promise }), { signal: controller.signal }));
      controller.abort(boom);
      acquired.fail(new Error('late'));
      expect(await leasing).toBe(boom);
      expect((await takeUnhandledErrors()).map(describeError)).toEqual(['late']);
    });

    it('does nothing any more once the lease is there', async () => {
      const journal = new Journal();
      const controller = new AbortController();
      const held = await lease(journal.resource('a'), { signal: controller.signal });
      controller.abort(boom);
      expect(journal.lines).toEqual(['+a']);
      await held.release();
    });
  });

  it('is a scope of its own each time (law 5)', async () => {
    let count = 0;
    const source = resource({ acquire: () => ++count });
    const both = [await lease(source), await lease(source)];
    expect(both.map(({ value }) => value)).toEqual([1, 2]);
    for (const held of both) await held.release();
  });

  describe('of something that is lost', () => {
    it('joins the exit with what was lost, when it is released (laws 9, 29)', async () => {
      const death = new Subject<void>();
      const held = await lease(resource({ acquire: () => 1, lost: () => death }));
      death.next();
      expect(describeError(await rejection(held.release(failed)))).toBe('S(ResourceLostError, boom)');
    });

    it('keeps quiet where nobody releases it', async () => {
      const death = new Subject<void>();
      const held = await lease(resource({ acquire: () => 1, lost: () => death }));
      death.next();
      expect(await takeUnhandledErrors()).toEqual([]);
      expect(held.value).toBe(1);
    });

    it('is not shown where it is lost on entering', async () => {
      const source = resource({ acquire: () => 1, lost: () => of('dead') });
      expect(describeError(await rejection(lease(source)))).toBe('ResourceLostError');
    });
  });

  it('may be left open; openResources() shows it as long as it is', async () => {
    const held = await lease(resource({ name: 'forgotten', acquire: () => 1, lost: () => NEVER }));
    expect(openResources()).toMatchObject([{ name: 'forgotten', state: 'held' }]);
    await held.release();
    expect(openResources()).toEqual([]);
  });
});
