import {
  config,
  EMPTY,
  finalize,
  from,
  interval,
  merge,
  NEVER,
  of,
  Subject,
  timer,
  type Observable,
  type ObservableInput,
} from 'rxjs';
import {
  acquireTimeout,
  andThen,
  combine,
  named,
  onExit,
  openResources,
  resource,
  scoped,
  settled,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('testResources', () => {
  it('has the helpers of RxJS', () => {
    const subscribed: number[] = [];
    testResources(({ cold, hot, time, flush, animate, expectObservable, expectSubscriptions }) => {
      animate('--x');
      const source = cold('-a-b|');
      const subscriptions = '^---!';
      expectObservable(source).toBe('-a-b|');
      expectSubscriptions(source.subscriptions).toBe(subscriptions);
      expectObservable(hot('-a-^-b-|')).toBe('--b-|');
      expectObservable(timer(time('---|'))).toBe('---(0|)', { 0: 0 });
      expectObservable(interval(1), '^--!').toBe('-ab', { a: 0, b: 1 });
      flush();
      subscribed.push(source.subscriptions.length);
    });
    expect(subscribed).toEqual([1]);
  });

  it('adds up the frames of entering, body and leaving', () => {
    testResources(({ cold, probe, expectObservable, expectLifecycle, expectExit }) => {
      const db = probe('db', { acquire: '--(a|)', release: '---|' });
      const rows = cold('                  -x-y|');
      expectObservable(using(db, () => rows)).toBe('---x-y---|');
      expectLifecycle(db).toBe('                    a-^---!--|', 'complete');
      expectExit(db).toBe('complete');
    });
  });

  it('leaves what expectObservable has subscribed, in virtual time, and puts the configuration of RxJS back', () => {
    const { onUnhandledError, onStoppedNotification } = config;
    const log: string[] = [];
    testResources(({ probe, cold, expectObservable, expectOpen }) => {
      const db = probe('db', { release: '---|' });
      const rows = using(db, () => cold('-x').pipe(finalize(() => log.push('left'))));
      expectObservable(rows).toBe('-x');
      expectOpen().toBe(['db']);
    });
    expect(log).toEqual(['left']);
    expect(config.onUnhandledError).toBe(onUnhandledError);
    expect(config.onStoppedNotification).toBe(onStoppedNotification);
  });

  it('leaves all of it, also where a teardown throws', () => {
    const log: string[] = [];
    const failing = (): void => {
      testResources(({ expectObservable }) => {
        const broken = finalize<never>(() => {
          throw new Error('in the teardown');
        });
        expectObservable(NEVER.pipe(broken)).toBe('');
        expectObservable(NEVER.pipe(finalize(() => log.push('left')))).toBe('');
      });
    };
    expect(failing).toThrow('1 errors occurred during unsubscription:\n1) Error: in the teardown');
    expect(log).toEqual(['left']);
  });

  it('passes on what the callback throws, and is ready for the next test', () => {
    const broken = new Error('broken');
    expect(() => {
      testResources(() => {
        throw broken;
      });
    }).toThrow(broken);
    testResources(() => undefined);
  });

  it('refuses to be nested', () => {
    const nested = (): void => {
      testResources(() => {
        testResources(() => undefined);
      });
    };
    expect(nested).toThrow('A resource test is running: await testResourcesAsync(), and nest no tests.');
  });

  describe('at its end', () => {
    it('fails for what is held', () => {
      const failure = failureOf(() => {
        testResources(({ probe, expectObservable }) => {
          expectObservable(using(probe('db'), () => using(probe('file'), () => NEVER))).toBe('');
        });
      });
      expect(failure).toBe(
        lines(
          'What is open at the end of the test differs.',
          '  expected  nothing',
          '  actual    db (held), file (held)',
          'Leave it: give expectObservable an unsubscription marble, or say expectOpen().toBe([…]).',
        ),
      );
    });

    it('names what waits for an observable that never answers', () => {
      const answer = new Subject<number>();
      const stuck = failureOf(() => {
        testResources(() => {
          resource({ name: 'entering', acquire: () => answer })
            .subscribe()
            .unsubscribe();
          resource({ name: 'exiting', acquire: () => 1, release: () => answer })
            .subscribe()
            .unsubscribe();
        });
      });
      expect(stuck).toBe(
        lines(
          'What is open at the end of the test differs.',
          '  expected  nothing',
          '  actual    entering (entering), exiting (exiting)',
          'Virtual time is over. What is still entering or exiting waits for something that never answers.',
          '  the acquire of "entering" waits for an observable',
          '  the release of "exiting" waits for an observable',
        ),
      );
      answer.next(1);
      answer.complete();
    });

    it('accepts what the test says is open', () => {
      testResources(({ probe, expectObservable, expectOpen }) => {
        expectObservable(using(probe('db'), () => NEVER)).toBe('');
        expectOpen().toBe(['db']);
      });
    });

    it('fails where nothing is open and the test says so', () => {
      const failure = failureOf(() => {
        testResources(({ expectOpen }) => {
          expectOpen().toBe(['db']);
        });
      });
      expect(failure).toBe(
        lines('What is open at the end of the test differs.', '  expected  db', '  actual    nothing'),
      );
    });

    it('does not charge what was open before', () => {
      const subscription = resource({ name: 'before', acquire: () => 1 }).subscribe();
      testResources(({ expectNothingOpen }) => {
        expectNothingOpen();
      });
      subscription.unsubscribe();
    });
  });

  describe('fails for a promise, and names where it was met:', () => {
    const failureWith = (source: Observable<unknown>, marbles = '', unsubscription = '') =>
      failureOf(() => {
        testResources(({ expectObservable }) => expectObservable(source, unsubscription).toBe(marbles));
      });
    const one = 'A promise was met, which does not settle in virtual time: testResourcesAsync() waits for it.';
    const plain = (name: string) => resource({ name, acquire: () => name, release: () => undefined });
    const promised = resource({ name: 'promised', acquire: async () => 1, release: () => undefined });
    const thenable = {
      then: (resolve: (value: string) => void) => {
        queueMicrotask(() => resolve('a'));
      },
    } as Promise<string>;

    it.each<[string, string, Observable<unknown>]>([
      ['an acquire', 'acquire of "promised"', using(promised, () => [])],
      ['an acquire, after another in the same scope', 'acquire of "promised" (in "db")', plain('db').pipe(andThen(() => promised))], // prettier-ignore
      ['an acquire of a member', 'acquire of "promised" (in "combine(db, promised)")', combine([plain('db'), promised], { concurrent: true })], // prettier-ignore
      ['an acquire with a limit', 'acquire of "renamed"', promised.pipe(named('renamed'), acquireTimeout(1000))],
      ['a thenable', 'acquire of "thenable"', resource({ name: 'thenable', acquire: () => thenable })],
      ['an async generator', 'acquire of "generator"', resource(async function* () { yield 1; }, { name: 'generator' })], // prettier-ignore
      ['a function that builds', 'acquire of "scoped"', scoped(async () => 1)],
      ['a function that builds and enters', 'acquire of "scoped"', scoped((stack) => stack.enter(plain('db')))],
    ])('%s', (_, where, source) => {
      expect(failureWith(source, '-x', '--!')).toContain(lines(one, `  the ${where}`));
    });

    it.each<[string, () => ObservableInput<unknown>]>([
      ['a promise', () => Promise.resolve(1)],
      ['a thenable', () => thenable],
      ['an async iterable', async function* () { yield 1; }], // prettier-ignore
    ])('a body that is %s, also where it is left in time and emits nothing, as drawn', (_, body) => {
      expect(failureWith(using(plain('db'), body), '', '--!')).toBe(lines(one, '  the body of "db"'));
    });

    it.each<[string, (release: () => Promise<void>) => Resource<unknown>]>([
      ['a release', (release) => resource({ name: 'db', acquire: () => 1, release })],
      ['an exit', (exit) => resource({ name: 'db', acquire: () => 1, exit })],
      ['a callback of onExit', (callback) => plain('db').pipe(onExit(callback))],
      ['a stack in it', (defer) => scoped((stack) => stack.defer(defer)).pipe(named('db'))],
    ])('%s', (_, made) => {
      const failure = failureWith(using(made(async () => undefined), () => of('a')), 'a', '--!'); // prettier-ignore
      expect(failure).toMatch(
        new RegExp(`^${one.replace(/[()]/g, '\\$&')}\n  the release of "(db|ExitStack" \\(in "db)`),
      );
    });

    it('all of them, each once', () => {
      const slow = resource({ name: 'slow', acquire: () => 1, release: async () => undefined });
      const both = merge(using(slow, () => of('a')), using(slow, () => of('a')), using(promised, () => [])); // prettier-ignore
      expect(failureWith(both, '(aa)')).toBe(
        lines(
          'Promises were met, which do not settle in virtual time: testResourcesAsync() waits for them.',
          '  the release of "slow"',
          '  the acquire of "promised"',
        ),
      );
    });

    it('below what differs for it', () => {
      expect(
        failureWith(
          using(promised, () => of('a')),
          'a',
        ).split('\n'),
      ).toEqual([
        ...['The observable differs.', '  expected  a', '  actual    ', '            ^ frame 0'],
        ...[one, '  the acquire of "promised"'],
      ]);
    });

    it('but not for one that only the end of the test has brought about', async () => {
      const slow = resource({ name: 'slow', acquire: () => 1, release: async () => undefined });
      testResources(({ expectObservable, expectOpen }) => {
        expectObservable(using(slow, () => NEVER)).toBe('');
        expectOpen().toBe(['slow']);
      });
      await settled();
      expect(openResources()).toEqual([]);
    });
  });

  describe('sees what TestScheduler does not', () => {
    it('an async callback, the expectations of which would never be compared', () => {
      const failure = failureOf(() => {
        // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what is refused here
        testResources(async ({ expectObservable }) => {
          await Promise.resolve();
          expectObservable(EMPTY).toBe('-----|');
        });
      });
      expect(failure).toBe(
        'The callback of testResources() answered a promise. What it expects after its first await would never be ' +
          'compared: use testResourcesAsync().',
      );
    });

    it('a teardown that throws while its synchronous source completes', () => {
      const failure = failureOf(() => {
        testResources(({ expectObservable }) => {
          const source = of('a').pipe(
            finalize(() => {
              throw new Error('in the teardown');
            }),
          );
          expectObservable(source).toBe('(a|)');
        });
      });
      expect(failure).toBe(
        lines(
          'The errors that nobody handled differ; expectUnhandled() says which are expected.',
          '  expected  none',
          '  actual    Error: in the teardown',
        ),
      );
    });

    it('but not a promise in a stream: it emits nothing', () => {
      testResources(({ expectObservable }) => {
        expectObservable(from(Promise.resolve('a'))).toBe('');
      });
    });
  });
});
