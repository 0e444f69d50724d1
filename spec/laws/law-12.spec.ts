import { concat, config, map, mergeMap, NEVER, Observable, of, Subject, switchMap } from 'rxjs';
import { awaitRelease, combine, consume, firstValue, lease, openResources, resource, settled, use, using } from '../../lib/index.js'; // prettier-ignore
import { testResources } from '../../lib/testing/index.js';
import { describeError, Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 12: unsubscribing while the body runs', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const isSettled = async (): Promise<boolean> => {
    let done = false;
    void settled().then(() => (done = true));
    await nextMacrotask();
    return done;
  };

  it('tears the body down, then starts the release with `unsubscribe`, in the same tick', () => {
    const body = new Observable<never>(() => () => {
      journal.note('torn down');
    });
    const subscription = using(journal.resource('a'), () => body).subscribe(journal.observer());
    journal.take();
    subscription.unsubscribe();
    expect(journal.lines).toEqual(['torn down', '-a unsubscribe']);
  });

  it('lets the release go on in the background', async () => {
    const gate = new Gate();
    using(journal.resource('a', { release: () => gate.promise }), () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(journal.take()).toEqual(['+a', '-a unsubscribe']);
    expect(openResources().map(({ state }) => state)).toEqual(['exiting']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-a ok']);
    expect(openResources()).toEqual([]);
  });

  it('lets the release go on in virtual time, at its own pace', () => {
    testResources(({ probe, expectLifecycle }) => {
      const a = probe('a', { release: '-----|' });
      using(a, () => NEVER).subscribe().unsubscribe(); // prettier-ignore
      expectLifecycle(a).toBe('!----|', 'unsubscribe');
    });
  });

  describe('settled()', () => {
    it('resolves at once where nothing runs', async () => {
      expect(await isSettled()).toBe(true);
    });

    it('waits for the release', async () => {
      const gate = new Gate();
      using(journal.resource('a', { release: () => gate.promise }), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await isSettled()).toBe(false);
      gate.open();
      expect(await isSettled()).toBe(true);
    });

    it('waits for all of them, those that begin meanwhile included', async () => {
      const gates = [new Gate(), new Gate()] as const;
      const leave = (gate: Gate): void => {
        using(journal.resource('a', { release: () => gate.promise }), () => NEVER)
          .subscribe()
          .unsubscribe();
      };
      leave(gates[0]);
      let done = false;
      void settled().then(() => (done = true));
      leave(gates[1]);
      gates[0].open();
      await nextMacrotask();
      expect(done).toBe(false);
      gates[1].open();
      await nextMacrotask();
      expect(done).toBe(true);
    });

    it('does not wait for what is held, nor for a release that its consumer waits for', async () => {
      const gate = new Gate();
      const held = using(journal.resource('a'), () => NEVER).subscribe();
      using(journal.resource('b', { release: () => gate.promise }), () => of(1)).subscribe();
      expect(await isSettled()).toBe(true);
      held.unsubscribe();
      gate.open();
      await nextMacrotask();
    });

    it('takes no failure and never rejects: it goes to config.onUnhandledError', async () => {
      using(journal.resource('a', { release: () => Promise.reject(boom) }), () => NEVER)
        .subscribe()
        .unsubscribe();
      await expect(settled()).resolves.toBeUndefined();
      expect(await reported()).toEqual(['boom']);
    });

    it('counts an acquire that goes on in the background, and the release of what it yields', async () => {
      const acquiring = new Gate<string>();
      const releasing = new Gate();
      using(journal.resource('a', { acquire: () => acquiring.promise, release: () => releasing.promise }), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await isSettled()).toBe(false);
      acquiring.open('a');
      expect(await isSettled()).toBe(false);
      releasing.open();
      expect(await isSettled()).toBe(true);
    });

    it('counts an acquire that fails in the background', async () => {
      const acquiring = new Gate<string>();
      using(journal.resource('a', { acquire: () => acquiring.promise }), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await isSettled()).toBe(false);
      acquiring.fail(boom);
      expect(await isSettled()).toBe(true);
      expect(await reported()).toEqual(['boom']);
    });
  });

  describe('a failing release', () => {
    const failures: readonly [string, () => unknown][] = [
      ['throws', () => { throw boom; }], // prettier-ignore
      ['rejects', () => Promise.reject(boom)],
      ['fails as an observable', () => new Observable((subscriber) => { subscriber.error(boom); })], // prettier-ignore
    ];

    describe.each(failures)('that %s', (_, release) => {
      const scope = (): Observable<never> => using(journal.resource('b', { release }), () => NEVER);

      it('goes to config.onUnhandledError where nobody waits, once', async () => {
        scope().subscribe(journal.observer()).unsubscribe();
        expect(await reported()).toEqual(['boom']);
        expect(journal.lines.filter((line) => line.startsWith('error'))).toEqual([]);
      });

      it('does so even though the consumer has an error handler', async () => {
        const told: unknown[] = [];
        scope().subscribe({ error: (error: unknown) => told.push(error) }).unsubscribe(); // prettier-ignore
        expect(await reported()).toEqual(['boom']);
        expect(told).toEqual([]);
      });

      it('does not make unsubscribe throw', async () => {
        const subscription = scope().subscribe();
        expect(() => {
          subscription.unsubscribe();
        }).not.toThrow();
        expect(await reported()).toEqual(['boom']);
      });

      it('goes to an enclosing scope that has been left too, once, at its end', async () => {
        const gate = new Gate();
        const reports: unknown[] = [];
        config.onUnhandledError = (error) => reports.push(error); // until the test ends; reported() would wait for the gate
        using(journal.resource('a', { release: () => gate.promise }), scope)
          .subscribe()
          .unsubscribe();
        await nextMacrotask();
        await nextMacrotask();
        expect(reports).toEqual([]);
        gate.open();
        await nextMacrotask();
        await nextMacrotask();
        expect(reports.map(describeError)).toEqual(['boom']);
        expect(journal.lines.slice(-2)).toEqual(['-a error boom', '-a ok']);
      });

      it('goes to an enclosing scope that goes on, and from there to its consumer', async () => {
        const inner = new Subject<boolean>();
        using(journal.resource('a'), () => inner.pipe(switchMap((on) => (on ? scope() : of('end'))))).subscribe(journal.observer()); // prettier-ignore
        inner.next(true);
        inner.next(false);
        inner.complete();
        await nextMacrotask();
        expect(await reported()).toEqual([]);
        expect(journal.lines.slice(-2)).toEqual(['-a error boom', 'error boom']);
      });

      it('goes to the nearest awaitRelease downstream and not further', async () => {
        const inner = new Subject<boolean>();
        inner
          .pipe(
            switchMap((on) => (on ? scope() : of('end'))),
            awaitRelease(),
          )
          .subscribe(journal.observer());
        inner.next(true);
        inner.next(false);
        inner.complete();
        await nextMacrotask();
        expect(await reported()).toEqual([]);
        expect(journal.lines.filter((line) => !line.endsWith(' ok')).slice(-2)).toEqual(['next end', 'error boom']);
      });

      it('is reported once where the consumer of awaitRelease leaves as well', async () => {
        scope().pipe(awaitRelease()).subscribe(journal.observer()).unsubscribe();
        expect(await reported()).toEqual(['boom']);
      });

      it('goes to who closes a consumption, and is not reported', async () => {
        const consumption = consume(scope());
        await expect(consumption.close()).rejects.toBe(boom);
        expect(await reported()).toEqual([]);
      });

      it('goes to who waits for the first value, and is not reported', async () => {
        const once = using(journal.resource('b', { release }), () => concat(of(1), NEVER));
        await expect(firstValue(once)).rejects.toBe(boom);
        expect(await reported()).toEqual([]);
      });

      it('is one report for each scope that stands alone, and one for those in one scope', async () => {
        of(1, 2).pipe(mergeMap(scope)).subscribe().unsubscribe(); // prettier-ignore
        expect(await reported()).toEqual(['boom', 'boom']);
        using(journal.resource('a'), () => of(1, 2).pipe(mergeMap(scope)))
          .subscribe()
          .unsubscribe();
        expect(await reported()).toHaveLength(1);
      });
    });

    it('is reported asynchronously, as RxJS does', async () => {
      const seen: unknown[] = [];
      const before = config.onUnhandledError;
      config.onUnhandledError = (error) => {
        seen.push(error);
      };
      const failing = resource({ acquire: () => 1, release: () => { throw boom; } }); // prettier-ignore
      using(failing, () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(seen).toEqual([]);
      await nextMacrotask();
      await nextMacrotask();
      config.onUnhandledError = before;
      expect(seen).toEqual([boom]);
    });

    it('with undefined is reported too: never silence', async () => {
      using(journal.resource('a', { release: () => Promise.reject(undefined) }), () => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await reported()).toEqual(['undefined']);
    });

    it('and a teardown of the body that throws as well: unsubscribe does not throw, both are reported', async () => {
      const body = new Observable<never>(() => () => {
        throw new Error('teardown');
      });
      const subscription = using(
        journal.resource('a', { release: () => Promise.reject(boom) }),
        () => body,
      ).subscribe();
      expect(() => {
        subscription.unsubscribe();
      }).not.toThrow();
      expect(await reported()).toEqual(['S(boom, teardown)']);
      expect(journal.lines).toEqual(['+a', '-a error teardown', '-a ok']);
    });
  });

  it('an enclosing scope waits: its own release starts when that of the one inside is done', async () => {
    const gate = new Gate();
    using(journal.resource('a'), () =>
      using(journal.resource('b', { release: () => gate.promise }), () => NEVER).pipe(map((value) => value)),
    )
      .subscribe()
      .unsubscribe();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', '+b', '-b unsubscribe']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
  });

  it('the same holds for what is composed: nothing is left behind, one report', async () => {
    const failing = (name: string) => journal.resource(name, { release: () => Promise.reject(new Error(name)) });
    combine([failing('a'), failing('b')], { concurrentRelease: true })
      .pipe(use(() => NEVER))
      .subscribe()
      .unsubscribe();
    expect(await reported()).toEqual(['S(a, b)']);
  });

  it('a handle that nobody releases stays open, and that is not the background', async () => {
    const held = await lease(journal.resource('a'));
    expect(await isSettled()).toBe(true);
    await held.release();
  });
});
