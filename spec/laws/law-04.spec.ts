import {
  concatMap,
  defer,
  exhaustMap,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  NEVER,
  of,
  share,
  startWith,
  Subject,
  switchMap,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import { andThen, combine, ExitStack, fromValue, onExit, scoped, use, using, type Resource } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { describeError, Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 4: nested and composed resources are released in reverse order, each finished before the next', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const composed: readonly [
    string,
    (
      a: Resource<string>,
      b: Resource<string>,
      c: Resource<string>,
    ) => (body: () => Observable<unknown>) => Observable<unknown>,
  ][] = [
    ['nested using', (a, b, c) => (body) => using(a, () => using(b, () => using(c, body)))],
    ['andThen, to the right', (a, b, c) => (body) => a.pipe(andThen(() => b.pipe(andThen(() => c)))).pipe(use(body))],
    ['andThen, to the left', (a, b, c) => (body) => a.pipe(andThen(() => b), andThen(() => c), use(body))], // prettier-ignore
    ['combine of an array', (a, b, c) => (body) => combine([a, b, c]).pipe(use(body))],
    ['combine of a record', (a, b, c) => (body) => combine({ a, b, c }).pipe(use(body))],
    ['combine, entered concurrently', (a, b, c) => (body) => combine([a, b, c], { concurrent: true }).pipe(use(body))],
    ['combine in combine', (a, b, c) => (body) => combine([a, combine([b, c])]).pipe(use(body))],
    ['a mixture of both', (a, b, c) => (body) => using(a, () => combine([b, c]).pipe(use(body)))],
  ];

  const ends: readonly [string, () => Observable<unknown>, string][] = [
    ['completion', () => of(1), 'complete'],
    ['an error', () => throwError(() => boom), 'error boom'],
    ['unsubscribe', () => NEVER, 'unsubscribe'],
  ];

  const run = (source: Observable<unknown>, exit: string): void => {
    const subscription = source.subscribe({ error: () => undefined });
    if (exit === 'unsubscribe') subscription.unsubscribe();
  };

  describe.each(composed)('%s', (_, compose) => {
    it.each(ends)('synchronously, on %s', (_end, body, exit) => {
      const source = compose(journal.resource('a'), journal.resource('b'), journal.resource('c'))(body);
      run(source, exit);
      expect(journal.lines).toEqual(['+a', '+b', '+c', `-c ${exit}`, `-b ${exit}`, `-a ${exit}`]);
    });

    it.each(ends)('with promises, on %s', async (_end, body, exit) => {
      const gates = { a: new Gate(), b: new Gate(), c: new Gate() };
      const slow = (name: keyof typeof gates) => journal.resource(name, { release: () => gates[name].promise });
      const source = compose(slow('a'), slow('b'), slow('c'))(body);
      run(source, exit);
      expect(journal.take()).toEqual(['+a', '+b', '+c', `-c ${exit}`]);
      gates.a.open(); // what is next is not decided by who is ready
      await nextMacrotask();
      expect(journal.take()).toEqual([]);
      gates.c.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-c ok', `-b ${exit}`]);
      gates.b.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', `-a ${exit}`, '-a ok']);
    });

    it.each(ends)('with observables in virtual time, on %s', (_end, body, exit) => {
      testResources(({ probe, expectLifecycle }) => {
        const [a, b, c] = [probe('a', { release: '---|' }), probe('b', { release: '---|' }), probe('c', { release: '---|' })]; // prettier-ignore
        const told =
          exit === 'error boom' ? { kind: 'error' as const, error: boom } : (exit as 'complete' | 'unsubscribe');
        run(compose(a, b, c)(body), exit);
        expectLifecycle(c).toBe('!--|', told);
        expectLifecycle(b).toBe('^--!--|', told);
        expectLifecycle(a).toBe('^-----!--|', told);
      });
    });
  });

  it('an exit stack: in reverse order, each finished before the next', async () => {
    const gates = { a: new Gate(), b: new Gate(), c: new Gate() };
    const stack = new ExitStack();
    await stack.enter(journal.resource('a', { release: () => gates.a.promise }));
    await stack.enter(journal.resource('b', { release: () => gates.b.promise }));
    stack.defer(() => {
      journal.note('deferred');
      return gates.c.promise;
    });
    const closed = stack.close();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', '+b', 'deferred']);
    gates.c.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-b complete']);
    gates.b.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-b ok', '-a complete']);
    gates.a.open();
    await closed;
    expect(journal.take()).toEqual(['-a ok']);
  });

  it('a scoped resource: in reverse order, inside what is around it', () => {
    const inner = scoped((stack) => {
      stack.defer(() => {
        journal.note('first');
      });
      stack.defer(() => {
        journal.note('second');
      });
      return 'handle';
    });
    using(journal.resource('a'), () => inner.pipe(use(() => of(1)))).subscribe();
    expect(journal.lines).toEqual(['+a', 'second', 'first', '-a complete']);
  });

  it('onExit runs after the release it is put on has finished', async () => {
    const gate = new Gate();
    const source = journal.resource('a', { release: () => gate.promise }).pipe(
      onExit(({ kind }) => {
        journal.note(`onExit ${kind}`);
      }),
    );
    using(source, () => of(1)).subscribe();
    await nextMacrotask();
    expect(journal.take()).toEqual(['+a', '-a complete']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-a ok', 'onExit complete']);
  });

  it('where the second of two fails to be entered, the first is released and nothing else', async () => {
    const failing = journal.resource('b', { acquire: () => Promise.reject(boom) });
    combine([journal.resource('a'), failing, journal.resource('c')])
      .pipe(use(() => of(1)))
      .subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '+b', '+b ok', '-a error boom', 'error boom']);
  });

  describe('when a scope is unsubscribed, the release inside its body finishes before its own begins', () => {
    type Wiring = (inner: () => Observable<unknown>) => Observable<unknown>;
    const wirings: readonly [string, Wiring][] = [
      ['directly', (inner) => inner()],
      ['map', (inner) => inner().pipe(map((value) => value))],
      ['filter and tap', (inner) => inner().pipe(filter(() => true), tap())], // prettier-ignore
      ['mergeMap', (inner) => of(1).pipe(mergeMap(inner))],
      ['switchMap', (inner) => of(1).pipe(switchMap(inner))],
      ['concatMap', (inner) => of(1).pipe(concatMap(inner))],
      ['exhaustMap', (inner) => of(1).pipe(exhaustMap(inner))],
      ['mergeMap over a source that goes on', (inner) => NEVER.pipe(startWith(1), mergeMap(inner))],
      ['merge', (inner) => merge(NEVER, inner())],
      ['defer', (inner) => defer(inner)],
      ['share', (inner) => inner().pipe(share())],
      ['finalize', (inner) => inner().pipe(finalize(() => undefined))],
      ['all of them', (inner) => of(1).pipe(switchMap(() => defer(inner).pipe(map(String), share())), concatMap((value) => of(value)))], // prettier-ignore
    ];

    it.each(wirings)('through %s', async (_, wire) => {
      const inside = new Gate();
      const outside = new Gate();
      const inner = () => using(journal.resource('b', { release: () => inside.promise }), () => NEVER);
      const outer = using(journal.resource('a', { release: () => outside.promise }), () => wire(inner));
      const subscription = outer.subscribe(journal.observer());
      subscription.unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '+b', '-b unsubscribe']);
      inside.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
      outside.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok']);
    });

    it.each(wirings)('through %s, where both are synchronous', (_, wire) => {
      const inner = () => using(journal.resource('b'), () => NEVER);
      using(journal.resource('a'), () => wire(inner))
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', '+b', '-b unsubscribe', '-a unsubscribe']);
    });

    it.each(wirings)('through %s, three deep', async (_, wire) => {
      const gates = { a: new Gate(), b: new Gate(), c: new Gate() };
      const level = (name: keyof typeof gates, body: () => Observable<unknown>) =>
        using(journal.resource(name, { release: () => gates[name].promise }), body);
      level('a', () => wire(() => level('b', () => wire(() => level('c', () => NEVER)))))
        .subscribe()
        .unsubscribe();
      expect(journal.take()).toEqual(['+a', '+b', '+c', '-c unsubscribe']);
      gates.c.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-c ok', '-b unsubscribe']);
      gates.b.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
      gates.a.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok']);
    });

    it('although the inner one was subscribed asynchronously', async () => {
      const start = new Subject<void>();
      const inside = new Gate();
      const inner = () => using(journal.resource('b', { release: () => inside.promise }), () => NEVER);
      const subscription = using(journal.resource('a'), () => start.pipe(switchMap(inner))).subscribe();
      start.next();
      subscription.unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '+b', '-b unsubscribe']);
      inside.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
    });

    it('although the inner one was left long before, by a switchMap', async () => {
      const start = new Subject<string>();
      const inside = new Gate();
      const inner = (name: string) =>
        using(journal.resource(name, name === 'b' ? { release: () => inside.promise } : {}), () => NEVER);
      const subscription = using(journal.resource('a'), () => start.pipe(switchMap(inner))).subscribe();
      start.next('b');
      start.next('c');
      subscription.unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '+b', '-b unsubscribe', '+c', '-c unsubscribe']);
      inside.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
    });

    it('and on completion and errors as well, where the inner one was left before', async () => {
      for (const end of ['complete', 'error boom']) {
        const start = new Subject<string>();
        const inside = new Gate();
        const inner = (name: string) => using(journal.resource(name, { release: () => inside.promise }), () => NEVER);
        using(journal.resource('a'), () =>
          start.pipe(
            switchMap((name) => (name === 'stop' ? of(1) : inner(name))),
            mergeMap((value) => (end === 'complete' ? of(value) : throwError(() => boom))),
          ),
        ).subscribe(journal.observer());
        start.next('b');
        start.next('stop');
        start.complete();
        await nextMacrotask();
        expect(journal.take().filter((line) => !line.startsWith('next'))).toEqual(['+a', '+b', '-b unsubscribe']);
        inside.open();
        await nextMacrotask();
        expect(journal.take()).toEqual(['-b ok', `-a ${end}`, end]);
      }
    });

    it('and the same where the inner release is an observable', () => {
      testResources(({ probe, expectLifecycle }) => {
        const [a, b] = [probe('a', { release: '-----|' }), probe('b', { release: '-----|' })];
        using(a, () => using(b, () => NEVER)).subscribe().unsubscribe(); // prettier-ignore
        expectLifecycle(b).toBe('!----|', 'unsubscribe');
        expectLifecycle(a).toBe('^----!----|', 'unsubscribe');
      });
    });
  });

  describe('scopes side by side in one body', () => {
    const names = ['b', 'c', 'd'] as const;

    it('are released at the same time, and the enclosing one waits for all, on unsubscribe', async () => {
      const gates = { b: new Gate(), c: new Gate(), d: new Gate() };
      const inner = (name: keyof typeof gates) =>
        using(journal.resource(name, { release: () => gates[name].promise }), () => NEVER);
      using(journal.resource('a'), () => of(...names).pipe(mergeMap(inner)))
        .subscribe()
        .unsubscribe();
      expect(journal.take().sort()).toEqual(['+a', '+b', '+c', '+d', '-b unsubscribe', '-c unsubscribe', '-d unsubscribe']); // prettier-ignore
      for (const name of ['d', 'b'] as const) {
        gates[name].open();
        await nextMacrotask();
        expect(journal.take()).toEqual([`-${name} ok`]);
      }
      gates.c.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-c ok', '-a unsubscribe']);
    });

    it('are all waited for when one of them fails', async () => {
      const gates = { b: new Gate(), c: new Gate(), d: new Gate() };
      const fail = new Subject<never>();
      const inner = (name: keyof typeof gates) =>
        using(journal.resource(name, { release: () => gates[name].promise }), () => (name === 'c' ? fail : NEVER));
      using(journal.resource('a'), () => of(...names).pipe(mergeMap(inner))).subscribe(journal.observer());
      journal.take();
      fail.error(boom);
      expect(journal.take()).toEqual(['-c error boom']);
      gates.c.open();
      await nextMacrotask();
      expect(journal.take().sort()).toEqual(['-b unsubscribe', '-c ok', '-d unsubscribe']);
      gates.d.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-d ok']);
      gates.b.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a error boom', 'error boom']);
    });

    it('are waited for when they are mixed with synchronous ones', async () => {
      const gate = new Gate();
      using(journal.resource('a'), () =>
        merge(
          using(journal.resource('b'), () => NEVER),
          using(journal.resource('c', { release: () => gate.promise }), () => NEVER),
        ),
      )
        .subscribe()
        .unsubscribe();
      await nextMacrotask();
      expect(journal.take().slice(3).sort()).toEqual(['-b unsubscribe', '-c unsubscribe']);
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-c ok', '-a unsubscribe']);
    });
  });

  describe('with concurrentRelease', () => {
    const failed = (name: string): Error => new Error(name);

    it('all start in reverse order and run side by side', async () => {
      const gates = { a: new Gate(), b: new Gate(), c: new Gate() };
      const slow = (name: keyof typeof gates) => journal.resource(name, { release: () => gates[name].promise });
      combine([slow('a'), slow('b'), slow('c')], { concurrentRelease: true })
        .pipe(use(() => of(1)))
        .subscribe(journal.observer());
      expect(journal.take()).toEqual(['+a', '+b', '+c', 'next 1', '-c complete', '-b complete', '-a complete']);
      gates.a.open();
      gates.c.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', '-c ok']);
      gates.b.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', 'complete']);
    });

    it('all run although some fail, and errors are joined in reverse order, whatever the order in which they came', async () => {
      const gates = { a: new Gate(), b: new Gate(), c: new Gate() };
      const slow = (name: keyof typeof gates) => journal.resource(name, { release: () => gates[name].promise });
      const errors: unknown[] = [];
      combine([slow('a'), slow('b'), slow('c')], { concurrentRelease: true })
        .pipe(use(() => throwError(() => boom)))
        .subscribe({ error: (error: unknown) => errors.push(error) });
      for (const name of ['a', 'b', 'c'] as const) {
        gates[name].fail(failed(name));
        await nextMacrotask();
      }
      expect(journal.take()).toEqual(['+a', '+b', '+c', '-c error boom', '-b error boom', '-a error boom', '-a ok', '-b ok', '-c ok']); // prettier-ignore
      expect(errors.map(describeError)).toEqual(['S(a, S(b, S(c, boom)))']);
    });

    it('synchronous ones run all as well', () => {
      const failing = (name: string) =>
        journal.resource(name, {
          release: () => {
            throw failed(name);
          },
        });
      combine([failing('a'), failing('b'), fromValue(1), failing('c')], { concurrentRelease: true })
        .pipe(use(() => of(1)))
        .subscribe(journal.observer());
      expect(journal.lines).toEqual([
        ...['+a', '+b', '+c', 'next 1'],
        ...['-c complete', '-b complete', '-a complete', 'error S(a, S(b, c))'],
      ]);
    });

    it('on unsubscribe the enclosing scope waits for all', async () => {
      const gates = { b: new Gate(), c: new Gate() };
      const slow = (name: keyof typeof gates) => journal.resource(name, { release: () => gates[name].promise });
      using(journal.resource('a'), () =>
        combine([slow('b'), slow('c')], { concurrentRelease: true }).pipe(use(() => NEVER)),
      )
        .subscribe()
        .unsubscribe();
      expect(journal.take()).toEqual(['+a', '+b', '+c', '-c unsubscribe', '-b unsubscribe']);
      gates.c.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-c ok']);
      gates.b.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', '-a unsubscribe']);
    });
  });
});
