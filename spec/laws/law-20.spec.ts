import { EMPTY, NEVER, of, Subject, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { combine, openResources, releaseTimeout, ReleaseTimeoutError, resource, settled, use, using } from '../../lib/index.js'; // prettier-ignore
import { testResources } from '../../lib/testing/index.js';
import { Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 20: releaseTimeout', () => {
  const boom = new Error('boom');

  const late = (name: string) => new ReleaseTimeoutError(`"${name}" was not released within 5 ms.`, { resource: name });

  it('a release that has not finished by then counts as failed with a ReleaseTimeoutError', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const stuck = probe('a', { release: '100ms |', releaseTimeout: 5 });
      expectObservable(using(stuck, () => of('x'))).toBe('x----#', undefined, late('a'));
      expectLifecycle(stuck).toBe('! 99ms |', 'complete');
    });
  });

  it('names the resource and the limit', () => {
    const told: unknown[] = [];
    inVirtualTime((journal, { flush }) => {
      using(journal.resource('socket', { release: () => timer(100), releaseTimeout: 5 }), () => EMPTY).subscribe({
        error: (error: unknown) => told.push(error),
      });
      flush();
    });
    expect(told[0]).toBeInstanceOf(ReleaseTimeoutError);
    expect(told[0]).toMatchObject({ name: 'ReleaseTimeoutError', resource: 'socket', code: 'RXSCOPE_RELEASE_TIMEOUT' });
    expect((told[0] as Error).message).toContain('5 ms');
  });

  it('after an error it is joined with that', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const stuck = journal.resource('a', { release: () => timer(100), releaseTimeout: 5 });
      using(stuck, () => throwError(() => boom)).subscribe(journal.observer());
      flush();
    });
    expect(lines.slice(1, 3)).toEqual(['0 -a error boom', '5 error S(ReleaseTimeoutError, boom)']);
  });

  it('unwinding goes on, and shows it to the others', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const [a, stuck] = [probe('a', { release: '--|' }), probe('b', { release: '100ms |', releaseTimeout: 5 })];
      expectObservable(combine([a, stuck]).pipe(use(() => EMPTY))).toBe('-------#', undefined, late('b'));
      expectLifecycle(stuck).toBe('! 99ms |', 'complete');
      expectLifecycle(a).toBe('^----!-|', { kind: 'error', error: late('b') });
    });
  });

  it('after unsubscribe unwinding goes on as well, and it is reported', () => {
    testResources(({ probe, expectLifecycle, expectObservable, expectUnhandled }) => {
      const [a, stuck] = [probe('a'), probe('b', { release: '100ms |', releaseTimeout: 5 })];
      expectObservable(combine([a, stuck]).pipe(use(() => NEVER)), '-!').toBe(''); // prettier-ignore
      expectLifecycle(stuck).toBe('^! 99ms |', 'unsubscribe');
      expectLifecycle(a).toBe('^-----|', { kind: 'error', error: late('b') });
      expectUnhandled(late('b'));
    });
  });

  it('is not extended by values of the release', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const lively = probe('a', { release: 'a-a-a-a-a-a|', releaseTimeout: 5 });
      expectObservable(using(lively, () => EMPTY)).toBe('-----#', undefined, late('a'));
      expectLifecycle(lively).toBe('!----------|', 'complete');
    });
  });

  describe('a late settlement', () => {
    const scheduler = (): VirtualTimeScheduler => new VirtualTimeScheduler();

    it('is ignored', async () => {
      const virtual = scheduler();
      const gate = new Gate();
      const journal = new Journal();
      const stuck = journal.resource('a', { release: () => gate.promise, releaseTimeout: 5, scheduler: virtual });
      using(stuck, () => EMPTY).subscribe(journal.observer());
      virtual.flush();
      expect(journal.take()).toEqual(['+a', '-a complete', 'error ReleaseTimeoutError']);
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok']);
      expect(await reported()).toEqual([]);
    });

    it.each([
      ['a promise', (gate: Gate) => gate.promise],
      ['an observable', (_gate: Gate, late: Subject<never>) => late],
    ])('that fails goes to config.onUnhandledError: %s', async (_, release) => {
      const virtual = scheduler();
      const gate = new Gate();
      const late = new Subject<never>();
      const journal = new Journal();
      const stuck = journal.resource('a', {
        release: () => release(gate, late),
        releaseTimeout: 5,
        scheduler: virtual,
      });
      using(stuck, () => EMPTY).subscribe(journal.observer());
      virtual.flush();
      gate.fail(boom);
      void gate.promise.catch(() => undefined);
      late.error(boom);
      expect(await reported()).toEqual(['boom']);
      expect(journal.lines.filter((line) => line.startsWith('error'))).toEqual(['error ReleaseTimeoutError']);
    });

    it('that suppresses comes too late', async () => {
      const virtual = scheduler();
      const gate = new Gate<boolean>();
      const journal = new Journal();
      const stuck = journal.resource('a', { exit: () => gate.promise, releaseTimeout: 5, scheduler: virtual });
      using(stuck, () => throwError(() => boom)).subscribe(journal.observer());
      virtual.flush();
      gate.open(true);
      await nextMacrotask();
      expect(journal.lines.filter((line) => /^(error|complete)/.test(line))).toEqual(['error S(ReleaseTimeoutError, boom)']); // prettier-ignore
    });
  });

  it('what finishes in time is not touched', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const quick = probe('a', { release: '----|', releaseTimeout: 5 });
      expectObservable(using(quick, () => of('x'))).toBe('x---|');
      expectObservable(using(quick, () => throwError(() => boom))).toBe('----#', undefined, boom);
      expectLifecycle(quick).toBe(['!---|', '!---|'], ['complete', { kind: 'error', error: boom }]);
    });
  });

  it('as an operator it limits all that is released with the resource', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const [a, b] = [probe('a', { release: '---|' }), probe('b', { release: '---|' })];
      const both = combine([a, b]).pipe(releaseTimeout(5));
      expectObservable(using(both, () => EMPTY)).toBe('-----#', undefined, late('combine(a, b)'));
      expectLifecycle(b).toBe('!--|', 'complete');
      expectLifecycle(a).toBe('^--!--|', 'complete');
    });
  });

  describe('without it', () => {
    it('a hanging release hangs its scope, and openResources shows it', async () => {
      const gate = new Gate();
      const journal = new Journal();
      const hanging = resource({ name: 'hanging', acquire: () => 1, release: () => gate.promise });
      using(hanging, () => EMPTY).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take()).toEqual([]);
      expect(openResources()).toMatchObject([{ name: 'hanging', state: 'exiting' }]);
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['complete']);
      expect(openResources()).toEqual([]);
    });

    it('a hanging release hangs the scopes around it and settled()', async () => {
      const gate = new Gate();
      const journal = new Journal();
      const hanging = journal.resource('b', { release: () => gate.promise });
      using(journal.resource('a'), () => using(hanging, () => NEVER))
        .subscribe()
        .unsubscribe();
      let done = false;
      void settled().then(() => (done = true));
      await nextMacrotask();
      expect(done).toBe(false);
      expect(openResources().map(({ name, state }) => `${name} ${state}`)).toEqual(['a exiting', 'b exiting']);
      gate.open();
      await nextMacrotask();
      expect(done).toBe(true);
    });
  });
});
