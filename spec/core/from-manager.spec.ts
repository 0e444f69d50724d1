import { concat, EMPTY, EmptyError, NEVER, of, throwError, timer } from 'rxjs';
import {
  fromManager,
  lastValue,
  settled,
  using,
  type AcquireContext,
  type Exit,
  type Manager,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, waysToFail } from '../support/failing.js';
import { describeError, describeExit, Journal, notificationsOf } from '../support/journal.js';

const boom = new Error('boom');

/** A manager as users write them: a class with state of its own. */
class Door implements Manager<string> {
  private open = false;

  constructor(
    private readonly journal: Journal,
    private readonly answer?: boolean | void,
  ) {}

  enter(): string {
    this.open = true;
    this.journal.note('enter');
    return 'handle';
  }

  exit(exit: Exit): boolean | void {
    this.journal.note(`exit ${this.open ? 'open door' : 'closed door'}: ${describeExit(exit)}`);
    return this.answer;
  }
}

describe('fromManager', () => {
  it('calls enter and exit as methods, around the body', () => {
    const journal = new Journal();
    using(
      fromManager(() => new Door(journal)),
      (handle) => [handle],
    ).subscribe(journal.observer());
    expect(journal.lines).toEqual(['enter', 'next handle', 'exit open door: complete', 'complete']);
  });

  it('makes one manager for each scope, and none before (law 5)', () => {
    const journal = new Journal();
    let made = 0;
    const source = fromManager(() => {
      made++;
      return new Door(journal);
    });
    expect(made).toBe(0);
    source.subscribe().unsubscribe();
    source.subscribe().unsubscribe();
    expect(made).toBe(2);
  });

  it('stays synchronous where enter and exit are (law 17)', () => {
    const source = fromManager(() => new Door(new Journal()));
    expect(notificationsOf(using(source, () => of(1)))).toEqual(['next 1', 'complete']);
  });

  it('keeps the frames of observables that enter and exit answer with (law 18)', () => {
    testResources(({ cold, expectObservable }) => {
      const source = fromManager(() => ({ enter: () => timer(2), exit: () => timer(3) as never }));
      expectObservable(using(source, () => cold('x-|'))).toBe('--x----|');
    });
  });

  it('gives enter the context, with a signal that aborts when the consumer leaves (law 13)', () => {
    const contexts: AcquireContext[] = [];
    const enter = (context: AcquireContext): AbortSignal => {
      contexts.push(context);
      return context.signal;
    };
    const subscription = fromManager(() => ({ enter, exit: () => {} })).subscribe();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
    subscription.unsubscribe();
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true]);
  });

  it('releases a handle that comes after the consumer has left (law 13)', async () => {
    const journal = new Journal();
    const manager = { enter: async () => 1, exit: (exit: Exit) => journal.note(exit.kind) };
    using(
      fromManager(() => manager),
      () => ['body'],
    )
      .subscribe(journal.observer())
      .unsubscribe();
    await settled();
    expect(journal.lines).toEqual(['unsubscribe']);
  });

  describe('exit', () => {
    it('is told that the consumer has left', () => {
      const journal = new Journal();
      fromManager(() => new Door(journal))
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['enter', 'exit open door: unsubscribe']);
    });

    it('suppresses the error of the body by answering true (law 8)', () => {
      const journal = new Journal();
      const source = fromManager(() => new Door(journal, true));
      using(source, () =>
        concat(
          of(1),
          throwError(() => boom),
        ),
      ).subscribe(journal.observer());
      expect(journal.lines).toEqual(['enter', 'next 1', 'exit open door: error boom', 'complete']);
    });

    it.each([false, undefined, 1 as never, 'true' as never])(
      'suppresses nothing by answering %p (law 8)',
      async (answer) => {
        const source = fromManager(() => new Door(new Journal(), answer));
        expect(await errorOf(using(source, () => throwError(() => boom)))).toBe(boom);
      },
    );

    it('is awaited (law 3)', async () => {
      const journal = new Journal();
      const exit = async (): Promise<void> => {
        await Promise.resolve();
        journal.note('exited');
      };
      await lastValue(
        using(
          fromManager(() => ({ enter: () => 1, exit })),
          (n) => [n],
        ),
      );
      journal.note('ended');
      expect(journal.lines).toEqual(['exited', 'ended']);
    });

    it.each(waysToFail(new Error('exit')))(
      'joins its failure with the error of the body where it %s (law 9)',
      async (_, exit) => {
        const source = fromManager(() => ({ enter: () => 1, exit }));
        expect(describeError(await errorOf(using(source, () => throwError(() => boom))))).toBe('S(exit, boom)');
      },
    );
  });

  describe('where entering fails', () => {
    it.each(waysToFail(boom))('passes the error, and does not call exit, where enter %s (law 11)', async (_, enter) => {
      const journal = new Journal();
      const source = fromManager(() => ({ enter, exit: () => journal.note('exit') }));
      expect(await errorOf(using(source, () => [1]))).toBe(boom);
      expect(journal.lines).toEqual([]);
    });

    it('fails with EmptyError where enter answers an empty observable (law 11)', async () => {
      const source = fromManager(() => ({ enter: () => EMPTY, exit: () => {} }));
      expect(await errorOf(source)).toBeInstanceOf(EmptyError);
    });

    it('passes what the factory throws', async () => {
      const source = fromManager((): Manager<number> => {
        throw boom;
      });
      expect(await errorOf(source)).toBe(boom);
    });

    it('reports the failure where the consumer has left meanwhile (law 13)', async () => {
      fromManager(() => ({ enter: () => Promise.reject(boom), exit: () => {} }))
        .subscribe()
        .unsubscribe();
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });
  });

  describe('given something else', () => {
    it('refuses what is no function with a TypeError at the call', () => {
      expect(() => fromManager(new Door(new Journal()) as never)).toThrow(TypeError);
      expect(() => fromManager(new Door(new Journal()) as never)).toThrow(/factory to be a function, received object/);
    });

    it.each<[string, unknown, RegExp]>([
      ['undefined', undefined, /"enter" to be a function/],
      ['no enter', { exit: () => {} }, /"enter" to be a function, received undefined/],
      ['no exit', { enter: () => 1 }, /"exit" to be a function, received undefined/],
    ])('fails with a TypeError at acquire, before entering, where the manager has %s', async (_, manager, message) => {
      const error = await errorOf(fromManager(() => manager as Manager<number>));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(message);
    });
  });

  it('is named "manager"', () => {
    expect(fromManager(() => new Door(new Journal())).name).toBe('manager');
  });

  it('runs exit once, also where that leaves its own scope (law 1)', () => {
    let exits = 0;
    const manager = {
      enter: () => 1,
      exit: () => {
        exits++;
        subscription.unsubscribe();
      },
    };
    const subscription = using(
      fromManager(() => manager),
      () => NEVER,
    ).subscribe();
    subscription.unsubscribe();
    expect(exits).toBe(1);
  });
});
