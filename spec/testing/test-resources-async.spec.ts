import { asyncScheduler, config, delay, from, NEVER, of, Subject, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { ExitStack, fromAsyncIterable, lastValue, lease, resource, settled, using } from '../../lib/index.js';
import { testResources, testResourcesAsync } from '../../lib/testing/index.js';
import { lines, rejectionOf } from '../support/failure-of.js';

describe('testResourcesAsync', () => {
  it('lets promises settle between frames, in the frame in which they can', async () => {
    await testResourcesAsync(({ cold, probe, expectObservable, expectLifecycle }) => {
      const db = probe('db', { acquire: '--(a|)', release: '---|' });
      const session = resource({
        acquire: async () => lastValue(using(db, () => cold('-(s|)'))),
        release: async () => lastValue(timer(2)),
      });
      expectObservable(using(session, (value) => [value])).toBe('------s-|');
      expectLifecycle(db).toBe('a-^!--|', 'complete');
    });
  });

  it('runs async generators in virtual time', async () => {
    await testResourcesAsync(({ cold, probe, expectObservable, expectLifecycle }) => {
      const db = probe('db', { release: '-|' });
      const body = async function* (): AsyncGenerator<number> {
        yield 1;
        await lastValue(timer(5));
        yield 2;
      };
      expectObservable(using(db, body)).toBe('a----b|', { a: 1, b: 2 });
      expectLifecycle(db).toBe('^----!|', 'complete');
      expectObservable(cold('a').pipe(delay(1))).toBe('-a');
    });
  });

  it('goes on while the callback awaits, and compares what it expects later', async () => {
    const log: string[] = [];
    await testResourcesAsync(async ({ probe, cold, expectObservable, expectLifecycle, flush }) => {
      const db = probe('db', { acquire: '--(a|)', release: '---|' });
      const held = await lease(db);
      log.push(`held at ${String(asyncScheduler.now())}`);
      await held.release();
      log.push(`released at ${String(asyncScheduler.now())}`);
      expectLifecycle(db).toBe('a-!--|', 'complete');
      expectObservable(cold('-a|')).toBe('------a|'); // counted from the beginning of the test
      await flush();
      log.push(`flushed at ${String(asyncScheduler.now())}`);
    });
    expect(log).toEqual(['held at 2', 'released at 5', 'flushed at 7']);
  });

  it('rejects flush() with what differs', async () => {
    let seen: unknown;
    const failure = await rejectionOf(() =>
      testResourcesAsync(async ({ probe, expectLifecycle, flush }) => {
        expectLifecycle(probe('db')).toBe('^|');
        try {
          await flush();
        } catch (error) {
          seen = error;
          throw error;
        }
      }),
    );
    expect(failure).toBe(
      lines(
        'The lifecycle of "db" differs (0 scopes, 1 expected).',
        '  expected  ^|',
        '  actual        no scope',
        '            ^ frame 0',
      ),
    );
    expect(seen).toMatchObject({ message: failure });
  });

  it('fails for what flush() has found, also where nobody awaits it', async () => {
    const failure = await rejectionOf(() =>
      testResourcesAsync(({ expectObservable, flush }) => {
        expectObservable(of('a')).toBe('b');
        void flush();
      }),
    );
    expect(failure).toContain('The observable differs.');
  });

  it('rejects with what the callback throws or rejects with', async () => {
    const broken = new Error('broken');
    const thrower = (): never => {
      throw broken;
    };
    await expect(testResourcesAsync(thrower)).rejects.toBe(broken);
    await expect(testResourcesAsync(() => Promise.reject(broken))).rejects.toBe(broken);
  });

  it('sees the value of a promise that TestScheduler does not see', async () => {
    const failure = await rejectionOf(() =>
      testResourcesAsync(({ expectObservable }) => {
        expectObservable(from(Promise.resolve('a'))).toBe('');
      }),
    );
    expect(failure).toBe(lines('The observable differs.', '  expected  ', '  actual    (a|)', '            ^ frame 0'));
  });

  it('sees an expectation after an await that is wrong', async () => {
    const failure = await rejectionOf(() =>
      testResourcesAsync(async ({ expectObservable }) => {
        await Promise.resolve();
        expectObservable(of('a')).toBe('-(a|)');
      }),
    );
    expect(failure).toBe(
      lines('The observable differs.', '  expected  -(a|)', '  actual    (a|)', '            ^ frame 0'),
    );
  });

  it('takes the releases of stacks and async iterators', async () => {
    await testResourcesAsync(async ({ probe, expectLifecycle }) => {
      const [first, second] = [probe('first', { release: '-|' }), probe('second', { release: '--|' })];
      const stack = new ExitStack();
      await stack.enter(first);
      await stack.enter(second);
      await stack.close();
      expectLifecycle(first).toBe('^-!|');
      expectLifecycle(second).toBe('!-|');
    });
  });

  it('leaves what expectObservable has subscribed, in virtual time', async () => {
    const log: string[] = [];
    await testResourcesAsync(({ probe, expectObservable, expectOpen }) => {
      const db = probe('db', { release: '---|' });
      const outer = resource({ name: 'outer', acquire: () => 1, release: async () => void log.push('released') });
      expectObservable(using(outer, () => using(db, () => NEVER))).toBe('');
      expectOpen().toBe(['outer', 'db']);
    });
    expect(log).toEqual(['released']);
  });

  it('fails for what is open at its end', async () => {
    const outside = new AbortController();
    const failure = await rejectionOf(() =>
      testResourcesAsync(({ probe, expectObservable }) => {
        const stuck = resource({ name: 'stuck', acquire: () => NEVER, interruptible: true });
        lease(stuck, { signal: outside.signal }).catch(() => undefined);
        expectObservable(using(probe('db'), () => NEVER)).toBe('');
      }),
    );
    expect(failure).toBe(
      lines(
        'What is open at the end of the test differs.',
        '  expected  nothing',
        '  actual    stuck (entering), db (held)',
        'Leave it: unsubscribe, give expectObservable an unsubscription marble, or say expectOpen().toBe([…]).',
        'Virtual time is over. What is still entering or exiting waits for something outside of it (a real timer, a file, ' +
          'a socket), or for something that never answers.',
        '  the acquire of "stuck" waits for an observable',
      ),
    );
    outside.abort();
  });

  it('fails for the return() of an iterator that still runs', async () => {
    let finish = (): void => undefined;
    const iterable: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () =>
          new Promise((resolve) => {
            finish = () => resolve({ done: true, value: undefined });
          }),
      }),
    };
    const failure = await rejectionOf(() =>
      testResourcesAsync(({ expectObservable }) => {
        expectObservable(fromAsyncIterable(iterable), '^-!').toBe('');
      }),
    );
    finish();
    await settled();
    expect(failure).toBe(
      'Something still runs in the background: a release, an acquire or the return() of an iterator, left by its consumer.',
    );
  });

  it('does not charge what ran in the background before', async () => {
    const hanging = new Subject<void>();
    const before = resource({ name: 'before', acquire: () => 1, release: () => hanging });
    before.subscribe().unsubscribe();
    await testResourcesAsync(({ expectNothingOpen }) => {
      expectNothingOpen();
    });
    hanging.complete();
  });

  it('accepts a release that hangs where the test says so', async () => {
    const hanging = new Subject<void>();
    await testResourcesAsync(({ expectObservable, expectOpen }) => {
      const db = resource({ name: 'db', acquire: () => 1, release: () => hanging });
      expectObservable(
        using(db, () => NEVER),
        '^-!',
      ).toBe('');
      expectOpen().toBe(['db']);
    });
    hanging.complete();
  });

  it('fails where the callback awaits what virtual time does not bring', async () => {
    const failure = await rejectionOf(() => testResourcesAsync(() => new Promise(() => undefined)));
    expect(failure).toBe(
      'The test awaits something that virtual time does not bring: nothing is scheduled, and it has not settled after ' +
        '1000 turns of the event loop. Real timers and real input do not belong into virtual time.',
    );
  });

  it('takes unhandled errors as expected, though not a promise that fails after it was left', async () => {
    await testResourcesAsync(({ expectUnhandled, expectObservable }) => {
      const failing = resource({ acquire: () => 1, release: async () => Promise.reject(new Error('late')) });
      expectObservable(
        using(failing, () => NEVER),
        '^-!',
      ).toBe('');
      expectObservable(from(Promise.reject(new Error('nobody cares'))), '(^!)').toBe('');
      expectUnhandled(new Error('late'));
    });
  });

  it('puts the clocks and the configuration of RxJS back, however it ends', async () => {
    const { onUnhandledError } = config;
    const frameOf = (marbles: string): number => new TestScheduler(() => undefined).createTime(marbles);
    const wall = asyncScheduler.now();
    await rejectionOf(() =>
      testResourcesAsync(({ expectOpen }) => {
        expect(asyncScheduler.now()).toBe(0);
        expectOpen().toBe(['nothing']);
      }),
    );
    expect(asyncScheduler.now()).toBeGreaterThanOrEqual(wall);
    expect(config.onUnhandledError).toBe(onUnhandledError);
    expect(frameOf('-|')).toBe(10); // as long as nothing is left of `run`, in which it is 1
    testResources(({ cold, expectObservable }) => {
      expectObservable(cold('-a|')).toBe('-a|');
    });
  });

  it('does not mind fake timers', async () => {
    jest.useFakeTimers();
    try {
      await testResourcesAsync(({ probe, expectObservable }) => {
        const db = probe('db', { acquire: '-(a|)' });
        expectObservable(using(db, async () => 'b')).toBe('-(b|)');
      });
    } finally {
      jest.useRealTimers();
    }
  });

  it('runs one test at a time', async () => {
    const first = testResourcesAsync(() => undefined);
    const second = testResourcesAsync(() => undefined);
    await expect(second).rejects.toThrow('A resource test is running: await testResourcesAsync(), and nest no tests.');
    await first;
  });
});
