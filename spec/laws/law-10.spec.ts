import { NEVER, of, Subject, switchMap, throwError, type Observable } from 'rxjs';
import { andThen, combine, onExit, resource, scoped, suppress, use, using, type Exit, type Resource } from '../../lib/index.js'; // prettier-ignore
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 10: an outer scope sees the outcome so far', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  type Compose = (
    outer: Resource<string>,
    inner: Resource<string>,
    body: () => Observable<unknown>,
  ) => Observable<unknown>;
  const forms: readonly [string, Compose][] = [
    ['nested using', (outer, inner, body) => using(outer, () => using(inner, body))],
    ['andThen', (outer, inner, body) => outer.pipe(andThen(() => inner), use(body))], // prettier-ignore
    ['combine', (outer, inner, body) => combine([outer, inner]).pipe(use(body))],
    ['a concurrent combine', (outer, inner, body) => combine([outer, inner], { concurrent: true }).pipe(use(body))],
    ['a scoped stack', (outer, inner, body) => scoped(async (stack) => { await stack.enter(outer); await stack.enter(inner); }).pipe(use(body))], // prettier-ignore
  ];
  const releases = [
    [
      'synchronous',
      (fails: boolean): unknown => {
        if (fails) throw new Error('Y');
        return undefined;
      },
    ],
    ['a promise', (fails: boolean): unknown => (fails ? Promise.reject(new Error('Y')) : Promise.resolve())],
    ['an observable', (fails: boolean): unknown => (fails ? throwError(() => new Error('Y')) : of(1))],
  ] as const;

  describe.each(forms)('%s', (_, compose) => {
    describe.each(releases)('with an inner release that is %s', (_kind, release) => {
      const exitsOf = async (source: Observable<unknown>, leave = false): Promise<string[]> => {
        const subscription = source.subscribe(journal.observer());
        await nextMacrotask();
        if (leave) subscription.unsubscribe();
        await nextMacrotask();
        return journal.take().filter((line) => /^(-|error|complete)/.test(line) && !line.endsWith(' ok'));
      };
      const outer = (): Resource<string> => journal.resource('a');
      const inner = (fails: boolean): Resource<string> => journal.resource('b', { release: () => release(fails) });

      it('an inner failure after completion is the outer exit', async () => {
        expect(await exitsOf(compose(outer(), inner(true), () => of(1)))).toEqual(['-b complete', '-a error Y', 'error Y']); // prettier-ignore
      });

      it('an inner failure after an error joins it', async () => {
        expect(await exitsOf(compose(outer(), inner(true), () => throwError(() => boom)))).toEqual([
          '-b error boom',
          '-a error S(Y, boom)',
          'error S(Y, boom)',
        ]);
      });

      it('an inner failure after unsubscribe is the outer exit, and is reported once, at the end', async () => {
        expect(await exitsOf(compose(outer(), inner(true), () => NEVER), true)).toEqual(['-b unsubscribe', '-a error Y']); // prettier-ignore
        expect(await reported()).toEqual(['Y']);
      });

      it('without a failure it is the body’s own', async () => {
        expect(await exitsOf(compose(outer(), inner(false), () => throwError(() => boom)))).toEqual([
          '-b error boom',
          '-a error boom',
          'error boom',
        ]);
        expect(await exitsOf(compose(outer(), inner(false), () => NEVER), true)).toEqual(['-b unsubscribe', '-a unsubscribe']); // prettier-ignore
      });

      it('an inner and an outer failure after unsubscribe are reported joined, once', async () => {
        const failing = journal.resource('a', { release: () => Promise.reject(new Error('Z')) });
        await exitsOf(
          compose(failing, inner(true), () => NEVER),
          true,
        );
        expect(await reported()).toEqual(['S(Z, Y)']);
      });
    });

    it('where the inner one suppressed, the outer one sees a completion', async () => {
      for (const answer of [true, Promise.resolve(true)]) {
        const swallowing = journal.resource('b', { exit: () => answer });
        compose(journal.resource('a'), swallowing, () => throwError(() => boom)).subscribe(journal.observer());
        await nextMacrotask();
        const lines = journal.take().filter((line) => /^(-|error|complete)/.test(line) && !line.endsWith(' ok'));
        expect(lines).toEqual(['-b error boom', '-a complete', 'complete']);
      }
    });

    it('where the outer one suppresses the inner failure, the consumer sees a completion', async () => {
      const failing = journal.resource('b', { release: () => Promise.reject(new Error('Y')) });
      const swallowing = journal.resource('a', { exit: () => true });
      compose(swallowing, failing, () => of(1)).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take().filter((line) => /^(-|error|complete)/.test(line) && !line.endsWith(' ok'))).toEqual([
        '-b complete',
        '-a error Y',
        'complete',
      ]);
    });

    it('where the outer one suppresses the inner failure after unsubscribe, nothing is reported', async () => {
      const failing = journal.resource('b', { release: () => Promise.reject(new Error('Y')) });
      const swallowing = journal.resource('a', { exit: () => true });
      const subscription = compose(swallowing, failing, () => NEVER).subscribe();
      await nextMacrotask();
      subscription.unsubscribe();
      await nextMacrotask();
      expect(journal.take().filter((line) => /^-\w [^o]/.test(line))).toEqual(['-b unsubscribe', '-a error Y']);
    });
  });

  it('the outcome goes on outwards, one step at a time', async () => {
    const failing = (name: string) => journal.resource(name, { release: () => Promise.reject(new Error(name)) });
    const swallowing = journal.resource('c', { exit: () => true });
    const source = combine([failing('a'), journal.resource('b'), swallowing, failing('d')]);
    source.pipe(use(() => throwError(() => boom))).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take().slice(4)).toEqual([
      '-d error boom',
      '-d ok',
      '-c error S(d, boom)',
      '-b complete',
      '-a complete',
      '-a ok',
      'error a',
    ]);
  });

  it('after unsubscribe an inner release that suppresses another one’s failure shows the outer one `unsubscribe`', async () => {
    const failing = journal.resource('c', { release: () => Promise.reject(new Error('Y')) });
    const swallowing = journal.resource('b', { exit: () => true });
    combine([journal.resource('a'), swallowing, failing])
      .pipe(use(() => NEVER))
      .subscribe()
      .unsubscribe();
    await nextMacrotask();
    expect(journal.take().slice(3)).toEqual(['-c unsubscribe', '-c ok', '-b error Y', '-a unsubscribe']);
  });

  it('what fails in the background while the body goes on is joined when the outer one ends', async () => {
    const values = new Subject<string>();
    const gate = new Gate();
    const inner = (name: string) =>
      using(journal.resource(name, name === 'b' ? { release: () => gate.promise } : {}), () => NEVER);
    const subscription = using(journal.resource('a'), () => values.pipe(switchMap(inner))).subscribe();
    values.next('b');
    values.next('c');
    gate.fail(new Error('Y'));
    await nextMacrotask();
    expect(await reported()).toEqual([]);
    subscription.unsubscribe();
    await nextMacrotask();
    expect(journal.take().slice(-2)).toEqual(['-c unsubscribe', '-a error Y']);
    expect(await reported()).toEqual(['Y']);
  });

  it('onExit and suppress see the outcome after the release they are put on', async () => {
    const exits: Exit[] = [];
    const failing = resource({ acquire: () => 1, release: () => Promise.reject(new RangeError('range')) }).pipe(
      onExit((exit) => exits.push(exit)),
      suppress(RangeError),
      onExit((exit) => exits.push(exit)),
    );
    failing.pipe(use(() => of(1))).subscribe(journal.observer());
    await nextMacrotask();
    expect(exits.map(({ kind }) => kind)).toEqual(['error', 'complete']);
    expect(journal.lines).toEqual(['next 1', 'complete']);
  });
});
