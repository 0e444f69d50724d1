/**
 * What the properties in `spec/property` have found, each shrunk to a case with a name.
 */
import { concat, map, NEVER, Observable, of, take, throwError, timer, EMPTY } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  andThen,
  awaitRelease,
  combine,
  fromValue,
  openResources,
  orElse,
  resource,
  retryAcquire,
  scoped,
  settled,
  switchResource,
  use,
  using,
  type Exit,
  type Resource,
} from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { nextMacrotask } from '../support/macrotask.js';

/** Runs in virtual time, unhandled errors included; answers what was unhandled. */
function inVirtualTime(act: (scheduler: TestScheduler) => void): Promise<readonly unknown[]> {
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(({ flush }) => {
    scheduler.schedule(() => act(scheduler));
    flush();
  });
  return takeUnhandledErrors();
}

function fail(error: unknown): never {
  throw error;
}

/** An acquire that fails with the signal's reason as soon as that aborts, and not before. */
function hanging(): Resource<never> {
  return resource({
    acquire: ({ signal }) =>
      new Observable<never>((subscriber) => {
        signal.addEventListener('abort', () => subscriber.error(signal.reason));
      }),
  });
}

/** `S(new, old)` for two errors at once. */
function render(error: unknown): string {
  const { name, error: newer, suppressed } = error as { name?: string; error?: unknown; suppressed?: unknown };
  return name === 'SuppressedError' ? `S(${render(newer)}, ${render(suppressed)})` : String(error);
}

describe('an acquire that rejects within the abort of its signal', () => {
  it.each(['at once', 'later'])('loses no failure of a release before it that fails %s', async (when) => {
    const unhandled = await inVirtualTime((scheduler) => {
      const before = resource({
        acquire: () => 1,
        release: () => (when === 'later' ? timer(0, scheduler).pipe(map(() => fail('bad'))) : fail('bad')),
      });
      using(before.pipe(andThen(hanging)), () => NEVER)
        .subscribe()
        .unsubscribe();
    });
    expect(unhandled).toEqual(['bad']);
  });

  it('is not given a fallback after the consumer has left', () => {
    let asked = 0;
    hanging()
      .pipe(
        orElse(() => {
          asked++;
          return fromValue(1);
        }),
      )
      .subscribe()
      .unsubscribe();
    expect(asked).toBe(0);
  });

  it('is not tried again after the consumer has left', () => {
    let tries = 0;
    const counted = resource({ acquire: () => ++tries }).pipe(andThen(hanging));
    counted
      .pipe(retryAcquire({ count: 3 }))
      .subscribe()
      .unsubscribe();
    expect(tries).toBe(1);
  });
});

describe('a part of a scope', () => {
  it.each<[string, (part: Resource<number>) => Resource<unknown>]>([
    ['orElse', (part) => part.pipe(orElse(() => fromValue(2)))],
    ['retryAcquire', (part) => part.pipe(retryAcquire({ count: 1 }))],
    ['combine concurrently', (part) => combine([part], { concurrent: true })],
    ['combine with concurrent release', (part) => combine([part], { concurrentRelease: true })],
  ])('has its signal aborted before any release starts: %s', async (_, make) => {
    const aborted: number[] = [];
    await inVirtualTime((scheduler) => {
      const part = resource({
        acquire: ({ signal }) => {
          signal.addEventListener('abort', () => aborted.push(scheduler.frame));
          return 1;
        },
      });
      const slow = resource({ acquire: () => 2, release: () => timer(2, scheduler) });
      using(combine([make(part), slow]), () => NEVER)
        .subscribe()
        .unsubscribe();
    });
    expect(aborted).toEqual([0]);
  });

  it('that is left while it enters shows the failure of its release to what was entered before', async () => {
    const exits: Exit[] = [];
    const unhandled = await inVirtualTime((scheduler) => {
      const first = resource({ acquire: () => 1, release: (_, exit) => exits.push(exit) });
      const part = resource({ acquire: () => timer(2, scheduler), release: () => fail('bad') });
      const both = first.pipe(andThen(() => part.pipe(orElse(() => fromValue(0)))));
      using(fromValue(0), () => using(both, () => NEVER))
        .subscribe()
        .unsubscribe();
    });
    expect(exits).toEqual([{ kind: 'error', error: 'bad' }]);
    expect(unhandled).toEqual(['bad']);
  });

  it.each<[string, (log: Exit[]) => Resource<unknown>]>([
    [
      'orElse',
      (log) => {
        const told = resource({ acquire: () => 1, release: (_, exit) => log.push(exit) });
        const lenient = resource({ acquire: () => 2, exit: () => true });
        return told.pipe(
          andThen(() => lenient),
          orElse(() => fromValue(0)),
        );
      },
    ],
    [
      'scoped',
      (log) =>
        scoped((stack) => {
          stack.push((exit) => void log.push(exit));
          stack.push(() => true);
        }),
    ],
  ])('that suppresses a failure after the consumer has left goes on with unsubscribe: %s', (_, make) => {
    const exits: Exit[] = [];
    const failing = resource({ acquire: () => 3, release: () => fail('bad') });
    using(make(exits).pipe(andThen(() => failing)), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(exits).toEqual([{ kind: 'unsubscribe' }]);
  });
});

describe('scoped', () => {
  it('left while its code waits for an enter that gives up tells what it holds unsubscribe, and loses no failure', async () => {
    const exits: string[] = [];
    const failing = resource({
      acquire: () => 1,
      release: (_, { kind }) => {
        exits.push(kind);
        throw 'bad';
      },
    });
    const subscription = scoped(async (stack) => {
      await stack.enter(failing);
      await stack.enter(hanging());
    }).subscribe();
    await nextMacrotask();
    subscription.unsubscribe();
    await settled();
    await nextMacrotask();
    expect(exits).toEqual(['unsubscribe']);
    expect(await takeUnhandledErrors()).toEqual(['bad']);
  });
});

describe('a stack', () => {
  it('left while a composed resource enters it tells what that one holds unsubscribe', async () => {
    const exits: string[] = [];
    const held = resource({ acquire: () => 1, release: (_, { kind }) => exits.push(kind) });
    const subscription = scoped((stack) => stack.enter(held.pipe(andThen(hanging)))).subscribe();
    await nextMacrotask();
    subscription.unsubscribe();
    await settled();
    expect(exits).toEqual(['unsubscribe']);
  });
});

describe('combine', () => {
  it('left while its members enter side by side releases one after the other, in reverse, once all have settled', async () => {
    const log: string[] = [];
    await inVirtualTime((scheduler) => {
      const member = (name: string, frames: number): Resource<unknown> =>
        resource({
          acquire: () => timer(frames, scheduler),
          release: () => {
            log.push(`release ${name} at ${scheduler.frame}`);
            return timer(2, scheduler);
          },
        });
      const all = combine([member('a', 0), member('b', 0), member('c', 3)], { concurrent: true });
      const subscription = using(all, () => NEVER).subscribe();
      scheduler.schedule(() => subscription.unsubscribe(), 1);
    });
    expect(log).toEqual(['release c at 3', 'release b at 5', 'release a at 7']);
  });

  it('left in the emission of a handle that was acquired later starts concurrent releases in reverse', async () => {
    const log: string[] = [];
    await inVirtualTime((scheduler) => {
      const first = resource({ acquire: () => 1, release: () => log.push('first') });
      const last = resource({ acquire: () => timer(1, scheduler), release: () => log.push('last') });
      combine([first, last], { concurrentRelease: true })
        .pipe(
          use(() => of(1)),
          take(1),
        )
        .subscribe();
    });
    expect(log).toEqual(['last', 'first']);
  });

  it('nested in another one loses no failure when it is left while entering', async () => {
    const unhandled = await inVirtualTime(() => {
      const failing = resource({ acquire: () => 1, release: () => fail('bad') });
      const inner = combine([failing, hanging()], { concurrent: true });
      combine([inner], { concurrentRelease: true }).subscribe().unsubscribe();
    });
    expect(unhandled).toEqual(['bad']);
  });

  it('left while a composed member enters tells what that one holds unsubscribe', () => {
    const exits: string[] = [];
    const held = resource({ acquire: () => 1, release: (_, { kind }) => exits.push(kind) });
    combine([combine([held, hanging()]), fromValue(0)], { concurrent: true })
      .subscribe()
      .unsubscribe();
    expect(exits).toEqual(['unsubscribe']);
  });

  it('left while one member enters tells that another one has failed to', async () => {
    const unhandled = await inVirtualTime((scheduler) => {
      const failing = resource({ acquire: () => 1, release: () => fail('bad') });
      const refusing = resource({ acquire: () => fail('no') });
      const slow = resource({ acquire: () => timer(2, scheduler) });
      combine([combine([failing, refusing]), slow], { concurrent: true })
        .subscribe()
        .unsubscribe();
    });
    expect(unhandled.map(render)).toEqual(['S(bad, no)']);
  });

  it.each([{ concurrent: true }, { concurrentRelease: true }])(
    'left while it releases what a failed member leaves behind is waited for: %o',
    async (options) => {
      const log: string[] = [];
      const unhandled = await inVirtualTime((scheduler) => {
        const outer = resource({ acquire: () => 0, release: (_, exit) => log.push(`outer ${exit.kind}`) });
        const slow = resource({
          acquire: () => 1,
          release: () =>
            timer(1, scheduler).pipe(
              map(() => {
                log.push('slow');
                throw 'bad';
              }),
            ),
        });
        const refusing = resource({ acquire: () => fail('no') });
        using(outer, () => using(combine([slow, refusing], options), () => EMPTY))
          .subscribe()
          .unsubscribe();
      });
      expect(log).toEqual(['slow', 'outer error']);
      expect(unhandled.map(render)).toEqual(['S(bad, no)']);
    },
  );
});

describe('awaitRelease', () => {
  it('does not wait for itself when its consumer leaves in a value that comes as the scope is entered', async () => {
    const unhandled = await inVirtualTime((scheduler) => {
      const failing = resource({ acquire: () => timer(0, scheduler), release: () => fail('bad') });
      const left = new Observable<number>((consumer) => {
        using(failing, () => of(1))
          .pipe(awaitRelease())
          .subscribe(consumer);
        leave = () => consumer.unsubscribe();
      });
      let leave = (): void => undefined;
      left.subscribe({ next: () => leave(), error: fail });
    });
    await settled();
    expect(unhandled).toEqual(['bad']);
  });
});

describe('switchResource', () => {
  it('reports a failed release when the consumer leaves while another one is still entered', async () => {
    const unhandled = await inVirtualTime((scheduler) => {
      const room = (turn: number): Resource<unknown> =>
        turn === 0
          ? resource({ acquire: () => turn, release: () => fail('bad') })
          : resource({ acquire: () => timer(3, scheduler) });
      concat(
        of(0, 1),
        throwError(() => 'source'),
      )
        .pipe(switchResource(room, { overlap: true }))
        .subscribe({ error: fail })
        .unsubscribe();
    });
    expect(unhandled.map(render)).toEqual(['S(bad, source)']);
  });

  it('reports it once where the one still being released fails too', async () => {
    const unhandled = await inVirtualTime((scheduler) => {
      const room = (turn: number): Resource<unknown> =>
        resource({
          acquire: () => turn,
          release: () => (turn === 0 ? fail('first') : timer(3, scheduler).pipe(map(() => fail('second')))),
        });
      of(0, 1)
        .pipe(switchResource(room, { overlap: true }))
        .subscribe({ error: fail })
        .unsubscribe();
    });
    expect(unhandled.map(render)).toEqual(['S(second, first)']);
    expect(openResources()).toEqual([]);
  });
});
