import { config, EMPTY, finalize, from, interval, NEVER, of, timer } from 'rxjs';
import { resource, using } from '../../lib/index.js';
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

    it('fails for a promise that an acquire or a release has answered', () => {
      const failure = failureOf(() => {
        testResources(() => {
          const entering = resource({ name: 'entering', acquire: async () => 1 });
          const exiting = resource({ name: 'exiting', acquire: () => 1, release: async () => undefined });
          entering.subscribe().unsubscribe();
          exiting.subscribe().unsubscribe();
        });
      });
      expect(failure).toBe(
        lines(
          'What is open at the end of the test differs.',
          '  expected  nothing',
          '  actual    entering (entering), exiting (exiting)',
          'Virtual time is over. What is still entering or exiting waits for a promise, which settles in ' +
            'testResourcesAsync() only, or for an observable that never answers.',
        ),
      );
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
