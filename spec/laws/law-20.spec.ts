import { EMPTY, NEVER, of, Subject, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { combine, openResources, releaseTimeout, ReleaseTimeoutError, resource, settled, use, using } from '../../lib/index.js'; // prettier-ignore
import { Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 20: releaseTimeout', () => {
  const boom = new Error('boom');

  it('a release that has not finished by then counts as failed with a ReleaseTimeoutError', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const stuck = journal.resource('a', { release: () => timer(100), releaseTimeout: 5 });
      using(stuck, () => of(1)).subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual(['0 +a', '0 next 1', '0 -a complete', '5 error ReleaseTimeoutError', '100 -a ok']);
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
    const { lines } = inVirtualTime((journal, { flush }) => {
      const stuck = journal.resource('b', { release: () => timer(100), releaseTimeout: 5 });
      combine([journal.resource('a', { release: () => timer(2) }), stuck])
        .pipe(use(() => EMPTY))
        .subscribe(journal.observer());
      flush();
    });
    expect(lines).toEqual([
      ...['0 +a', '0 +b', '0 -b complete', '5 -a error ReleaseTimeoutError', '7 -a ok'],
      ...['7 error ReleaseTimeoutError', '100 -b ok'],
    ]);
  });

  it('after unsubscribe unwinding goes on as well, and it is reported', async () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const stuck = journal.resource('b', { release: () => timer(100), releaseTimeout: 5 });
      combine([journal.resource('a'), stuck])
        .pipe(use(() => NEVER))
        .subscribe()
        .unsubscribe();
      flush();
    });
    expect(lines.slice(2)).toEqual(['0 -b unsubscribe', '5 -a error ReleaseTimeoutError', '100 -b ok']);
    expect(await reported()).toEqual(['ReleaseTimeoutError']);
  });

  it('is not extended by values of the release', () => {
    const { lines } = inVirtualTime((journal, { cold, flush }) => {
      const lively = journal.resource('a', { release: () => cold('a-a-a-a-a-a|'), releaseTimeout: 5 });
      using(lively, () => EMPTY).subscribe(journal.observer());
      flush();
    });
    expect(lines).toContain('5 error ReleaseTimeoutError');
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
    const { lines } = inVirtualTime((journal, { flush }) => {
      const quick = journal.resource('a', { release: () => timer(4), releaseTimeout: 5 });
      using(quick, () => of(1)).subscribe(journal.observer());
      using(quick, () => throwError(() => boom)).subscribe(journal.observer('2: '));
      flush();
    });
    expect(lines.filter((line) => /(complete|error boom)$/.test(line) && !line.includes('-a'))).toEqual([
      '4 complete',
      '4 2: error boom',
    ]);
  });

  it('as an operator it limits all that is released with the resource', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const both = combine([
        journal.resource('a', { release: () => timer(3) }),
        journal.resource('b', { release: () => timer(3) }),
      ]);
      both.pipe(releaseTimeout(5), use(() => EMPTY)).subscribe(journal.observer()); // prettier-ignore
      flush();
    });
    expect(lines).toContain('5 error ReleaseTimeoutError');
    expect(lines.at(-1)).toBe('6 -a ok');
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
