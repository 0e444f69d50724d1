import { NEVER, of } from 'rxjs';
import { combine, retryAcquire, using, type Resource } from '../../lib/index.js';
import { testResources, type Probe } from '../../lib/testing/index.js';

describe('probe', () => {
  it('is a resource of its name', () => {
    testResources(({ probe }) => {
      const db: Resource<string> = probe('db');
      expect(db.name).toBe('db');
    });
  });

  it('is synchronous where everything is drawn at frame 0', () => {
    const log: string[] = [];
    testResources(({ probe }) => {
      using(probe('db'), (handle) => of(handle)).subscribe({
        next: (handle) => log.push(handle),
        complete: () => log.push('complete'),
      });
      log.push('subscribed');
    });
    expect(log).toEqual(['a', 'complete', 'subscribed']);
  });

  it('has the letter drawn as its handle, or the value given', () => {
    testResources(({ probe, expectObservable }) => {
      expectObservable(using(probe('db', { acquire: '--(d|)' }), (handle) => [handle])).toBe('--(d|)');
      const pool: Probe<{ size: number }> = probe('pool', { acquire: '-(a|)', value: { size: 5 } });
      expectObservable(using(pool, ({ size }) => [size])).toBe('-(5|)', { 5: 5 });
      const nothing = probe('nothing', { value: undefined });
      expectObservable(using(nothing, (value) => [value])).toBe('(u|)', { u: undefined });
    });
  });

  it('hands over a value that could be unwrapped as it is', () => {
    const value = Promise.resolve('kept');
    let handed: unknown;
    testResources(({ probe }) => {
      using(probe('db', { value }), (handle) => {
        handed = handle;
        return [];
      }).subscribe();
    });
    expect(handed).toBe(value);
  });

  it('fails as drawn, with the error given', () => {
    testResources(({ probe, expectObservable, expectLifecycle, expectExit }) => {
      const entering = probe('entering', { acquire: '--#' });
      expectObservable(using(entering, () => [])).toBe('--#');
      expectLifecycle(entering).toBe('a-#');
      expectExit(entering).toBe('none');

      const atOnce = probe('at once', { acquire: '#', acquireError: new Error('refused') });
      expectObservable(using(atOnce, () => [])).toBe('#', {}, new Error('refused'));
      expectLifecycle(atOnce).toBe('#');

      const exiting = probe('exiting', { release: '--#', releaseError: new Error('stuck') });
      expectObservable(using(exiting, () => [])).toBe('--#', {}, new Error('stuck'));
      expectLifecycle(exiting).toBe('!-#', 'complete');
    });
  });

  it('fails with undefined where that is given', () => {
    const errors: unknown[] = [];
    testResources(({ probe }) => {
      const options = { acquire: '-#', acquireError: undefined };
      using(probe('db', options), () => []).subscribe({ error: (error: unknown) => errors.push(error) });
    });
    expect(errors).toEqual([undefined]);
  });

  it.each(['', '---'])('never answers where nothing is drawn: "%s"', (acquire) => {
    testResources(({ probe, expectObservable, expectLifecycle }) => {
      const db = probe('db', { acquire, interruptible: true });
      expectObservable(
        using(db, () => []),
        '^----!',
      ).toBe('');
      expectLifecycle(db).toBe('a----|');
    });
  });

  it('fails where it is drawn as entering to nothing', () => {
    testResources(({ probe, expectLifecycle, expectUnhandled }) => {
      const db = probe('db', { acquire: '--|' });
      const errors: unknown[] = [];
      using(db, () => []).subscribe({ error: (error: unknown) => errors.push((error as Error).name) });
      expectLifecycle(db).toBe('a-#');
      expectUnhandled();
    });
  });

  it('is given up while entering where it is interruptible, and else released when it has been entered', () => {
    testResources(({ probe, expectObservable, expectLifecycle }) => {
      const interruptible = probe('interruptible', { acquire: '----(a|)', interruptible: true });
      const other = probe('other', { acquire: '----(a|)' });
      expectObservable(
        using(interruptible, () => NEVER),
        '^-!',
      ).toBe('');
      expectObservable(
        using(other, () => NEVER),
        '^-!',
      ).toBe('');
      expectLifecycle(interruptible).toBe('a-|', 'none');
      expectLifecycle(other).toBe('        a---(^|)', 'unsubscribe');
    });
  });

  it('dies when it is drawn to, counted from its entering', () => {
    testResources(({ probe, expectObservable, expectLifecycle, expectExit }) => {
      const lock = probe('lock', { acquire: '-(a|)', lost: '---x', release: '--|' });
      const errors: unknown[] = [];
      using(lock, () => NEVER).subscribe({ error: (error: unknown) => errors.push((error as Error).name) });
      expectLifecycle(lock).toBe('a^--!-|', 'error');
      expectExit(lock).toBe({
        kind: 'error',
        error: expect.objectContaining({ name: 'ResourceLostError' }) as unknown,
      });
      expectObservable(NEVER).toBe('');
    });
  });

  it('has its release cut by a timeout', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const db = probe('db', { release: '-----|', releaseTimeout: 2 });
      const error = expect.objectContaining({ name: 'ReleaseTimeoutError' }) as unknown;
      expectObservable(using(db, () => [])).toBe('--#', {}, error);
      expectLifecycle(db).toBe('!----|');
    });
  });

  it('takes a diagram for each scope', () => {
    testResources(({ probe, expectObservable, expectLifecycle }) => {
      const db = probe('db', { acquire: ['-#', '--(a|)'], release: ['|', '-|'] });
      expectObservable(using(db.pipe(retryAcquire({ count: 1 })), (handle) => [handle])).toBe('---a|');
      expectLifecycle(db).toBe(['a#', '-a-!|']);
    });
  });

  it.each(['-!-', '^-a'])('refuses "%s" where it is written', (acquire) => {
    testResources(({ probe }) => {
      const message = `"^" and "!" mean nothing in the diagram "${acquire}" of a probe.`;
      expect(() => probe('db', { acquire })).toThrow(new TypeError(message));
      expect(() => probe('db', { release: [] })).toThrow(new TypeError('Expected a diagram, received an empty list.'));
    });
  });

  it('tells events of one frame apart by their order', () => {
    testResources(({ probe, flush }) => {
      const first = probe('first');
      const second = probe('second');
      using(combine([first, second]), () => []).subscribe();
      flush();
      const released = [first, second].map(
        ({ scopes }) => scopes[0]?.events.find(({ symbol }) => symbol === '!')?.order,
      );
      expect(released[0]).toBeGreaterThan(released[1] ?? Infinity);
    });
  });

  it('writes down handle and exit of every scope', () => {
    testResources(({ probe, flush }) => {
      const db = probe('db', { value: 5 });
      expect(db.scopes).toEqual([]);
      using(db, () => []).subscribe();
      const subscription = db.subscribe();
      expect(db.scopes[1]).toMatchObject({ handle: 5, exit: null });
      subscription.unsubscribe();
      flush();
      expect(db.scopes.map(({ exit }) => exit)).toEqual([{ kind: 'complete' }, { kind: 'unsubscribe' }]);
    });
  });
});
