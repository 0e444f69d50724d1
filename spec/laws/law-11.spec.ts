import { EMPTY, EmptyError, NEVER, Observable, of, throwError } from 'rxjs';
import { andThen, combine, firstValue, fromDisposable, fromManager, lease, resource, scoped, suppress, use, using, type Resource } from '../../lib/index.js'; // prettier-ignore
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 11: entering fails', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const failures: readonly [string, () => unknown][] = [
    ['a synchronous throw', () => { throw boom; }], // prettier-ignore
    ['a rejection', () => Promise.reject(boom)],
    ['a thenable that rejects', () => ({ then: (_: unknown, reject: (error: unknown) => void) => { reject(boom); } })], // prettier-ignore
    ['an observable that fails', () => throwError(() => boom)],
    ['an observable whose subscribe throws', () => new Observable(() => { throw boom; })], // prettier-ignore
  ];

  const run = async (source: Observable<unknown>): Promise<string[]> => {
    source.subscribe(journal.observer());
    await nextMacrotask();
    return journal.take().filter((line) => !line.endsWith(' ok'));
  };

  describe.each(failures)('with %s', (_, acquire) => {
    it('there is nothing to release for it, no body, and the error passes as it is', async () => {
      const told: unknown[] = [];
      using(journal.resource('a', { acquire }), () => {
        journal.note('project');
        return of(1);
      }).subscribe({ error: (error: unknown) => told.push(error), complete: () => told.push('complete') });
      await nextMacrotask();
      expect(told).toEqual([boom]);
      expect(told[0]).toBe(boom);
      expect(journal.take().filter((line) => !line.endsWith(' ok'))).toEqual(['+a']);
    });

    it.each([
      ['combine', (a: Resource<string>, b: Resource<string>) => combine([a, b]).pipe(use(() => of(1)))],
      ['andThen', (a: Resource<string>, b: Resource<string>) => a.pipe(andThen(() => b), use(() => of(1)))], // prettier-ignore
      ['nested using', (a: Resource<string>, b: Resource<string>) => using(a, () => using(b, () => of(1)))],
      ['a scoped stack', (a: Resource<string>, b: Resource<string>) => scoped(async (stack) => { await stack.enter(a); await stack.enter(b); }).pipe(use(() => of(1)))], // prettier-ignore
      ['a concurrent combine', (a: Resource<string>, b: Resource<string>) => combine([a, b], { concurrent: true }).pipe(use(() => of(1)))], // prettier-ignore
    ])('what was entered before is released with that error as its exit: %s', async (_title, compose) => {
      const lines = await run(compose(journal.resource('a'), journal.resource('b', { acquire })));
      expect(lines).toEqual(['+a', '+b', '-a error boom', 'error boom']);
    });

    it('through a manager and a disposable as well', async () => {
      const unexpected = (): never => {
        throw new Error('released');
      };
      const manager = fromManager(() => ({ enter: acquire, exit: unexpected }));
      expect(await run(using(manager, () => of(1)))).toEqual(['error boom']);
      const disposable = fromDisposable(acquire as () => { close(): void }, 'close');
      expect(await run(using(disposable, () => of(1)))).toEqual(['error boom']);
    });

    it('a lease and the entry of a stack reject with it', async () => {
      await expect(lease(journal.resource('a', { acquire }))).rejects.toBe(boom);
      await expect(firstValue(using(journal.resource('a', { acquire }), () => of(1)))).rejects.toBe(boom);
      expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual([]);
    });

    it('an earlier member may suppress it: the whole completes without a value', async () => {
      const swallowing = (): Resource<string> => journal.resource('a', { exit: () => true });
      const failing = (): Resource<string> => journal.resource('b', { acquire });
      const body = (): Observable<unknown> => {
        journal.note('body');
        return of(1);
      };
      const lines = ['+a', '+b', '-a error boom', 'complete'];
      expect(await run(combine([swallowing(), failing()]).pipe(use(body)))).toEqual(lines);
      expect(await run(swallowing().pipe(andThen(failing), use(body)))).toEqual(lines);
      expect(await run(using(swallowing(), () => using(failing(), body)))).toEqual(lines);
      expect(await run(combine([swallowing(), failing()], { concurrent: true }).pipe(use(body)))).toEqual(lines);
      const built = scoped(async (stack) => {
        await stack.enter(swallowing());
        await stack.enter(failing());
      });
      expect(await run(built.pipe(use(body)))).toEqual(lines);
    });

    it('suppress on the failing one itself does not: nothing has exited', async () => {
      const source = journal.resource('a', { acquire }).pipe(suppress(() => true));
      expect(await run(using(source, () => of(1)))).toEqual(['+a', 'error boom']);
    });
  });

  it.each([undefined, null, 0])('failing with %p is failing', async (error) => {
    const told: unknown[] = [];
    for (const acquire of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
      () => throwError(() => error),
    ]) {
      // prettier-ignore
      combine([journal.resource('a'), resource<unknown>({ acquire })])
        .pipe(use(() => of(1)))
        .subscribe({ error: (failure: unknown) => told.push(failure) });
      await nextMacrotask();
    }
    expect(told).toStrictEqual([error, error, error]);
    expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual(Array(3).fill(`-a error ${String(error)}`));
  });

  it('a release that fails after that is joined with it', async () => {
    const failing = journal.resource('a', { release: () => Promise.reject(new Error('later')) });
    const lines = await run(combine([failing, journal.resource('b', { acquire: () => throwError(() => boom) })]).pipe(use(() => of(1)))); // prettier-ignore
    expect(lines.slice(-1)).toEqual(['error S(later, boom)']);
  });

  it('what mapValue or andThen throws is a failure to enter: what was entered is released with it', async () => {
    const throwing = journal.resource('a').pipe(
      andThen(() => {
        throw boom;
      }),
      use(() => of(1)),
    );
    expect(await run(throwing)).toEqual(['+a', '-a error boom', 'error boom']);
  });

  describe('entering in parallel', () => {
    const enter = async (
      members: Readonly<Record<string, Gate<string>>>,
      settle: () => Promise<void> | void,
    ): Promise<string[]> => {
      const parts = Object.entries(members).map(([name, gate]) => journal.resource(name, { acquire: () => gate.promise })); // prettier-ignore
      combine(parts, { concurrent: true })
        .pipe(use(() => of(1)))
        .subscribe(journal.observer());
      journal.take();
      await settle();
      await nextMacrotask();
      return journal.take();
    };
    const gates = () => ({ a: new Gate<string>(), b: new Gate<string>(), c: new Gate<string>() });

    it('starts all at once', async () => {
      const { a, b, c } = gates();
      const source = combine(
        [a, b, c].map((gate, index) => journal.resource(String(index), { acquire: () => gate.promise })),
        { concurrent: true },
      );
      source.pipe(use((values) => of(values.join()))).subscribe(journal.observer());
      expect(journal.take()).toEqual(['+0', '+1', '+2']);
      c.open('c');
      b.open('b');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+2 ok', '+1 ok']);
      a.open('a');
      await nextMacrotask();
      expect(journal.take()).toEqual(['+0 ok', 'next a,b,c', '-2 complete', '-1 complete', '-0 complete', 'complete']);
    });

    it('waits until all have settled, then releases those that succeeded, in reverse order', async () => {
      const all = gates();
      const lines = await enter(all, async () => {
        all.b.fail(boom);
        await nextMacrotask();
        expect(journal.take()).toEqual(['+b ok']);
        all.a.open('a');
        await nextMacrotask();
        expect(journal.take()).toEqual(['+a ok']);
        all.c.open('c');
      });
      expect(lines).toEqual(['+c ok', '-c error boom', '-a error boom', 'error boom']);
    });

    it('several failures are joined in the order in which they came', async () => {
      const all = gates();
      const lines = await enter(all, async () => {
        all.c.fail(new Error('first'));
        await nextMacrotask();
        all.a.fail(new Error('second'));
        await nextMacrotask();
        all.b.open('b');
      });
      expect(lines.slice(-2)).toEqual(['-b error S(second, first)', 'error S(second, first)']);
    });

    it('synchronous failures are joined too, and all are tried', () => {
      const failing = (name: string) => journal.resource(name, { acquire: () => { throw new Error(name); } }); // prettier-ignore
      combine([failing('a'), journal.resource('b'), failing('c')], { concurrent: true })
        .pipe(use(() => of(1)))
        .subscribe(journal.observer());
      expect(journal.take()).toEqual(['+a', '+b', '+c', '-b error S(c, a)', 'error S(c, a)']);
    });
  });

  describe('an acquire observable that completes empty', () => {
    it('fails with RxJS’s EmptyError', async () => {
      const told: unknown[] = [];
      using(resource({ acquire: () => EMPTY }), () => of(1)).subscribe({ error: (error: unknown) => told.push(error) });
      await nextMacrotask();
      expect(told).toHaveLength(1);
      expect(told[0]).toBeInstanceOf(EmptyError);
    });

    it('is a failure like any other', async () => {
      const lines = await run(combine([journal.resource('a'), resource({ acquire: () => EMPTY })]).pipe(use(() => of(1)))); // prettier-ignore
      expect(lines).toEqual(['+a', '-a error EmptyError', 'error EmptyError']);
    });
  });

  it('the first value of an acquire observable is the handle; the rest is left', async () => {
    const source = new Observable<number>((subscriber) => {
      subscriber.next(1);
      subscriber.next(2);
      return () => {
        journal.note('left');
      };
    });
    expect(await run(using(resource({ acquire: () => source }), (value) => of(value)))).toEqual([
      'left',
      'next 1',
      'complete',
    ]);
  });

  it('nothing is reported elsewhere, and a consumer who stays hears it once', async () => {
    const lines = await run(using(resource<number>({ acquire: () => Promise.reject(boom) }), () => NEVER));
    expect(lines).toEqual(['error boom']);
    expect(await reported()).toEqual([]);
  });
});
