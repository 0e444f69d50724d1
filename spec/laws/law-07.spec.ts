import {
  EMPTY,
  from,
  map,
  NEVER,
  Observable,
  of,
  raceWith,
  Subject,
  switchMap,
  take,
  takeUntil,
  throwError,
} from 'rxjs';
import {
  combine,
  ExitStack,
  fromManager,
  fromValue,
  lease,
  onExit,
  resource,
  using,
  type Exit,
  type Resource,
} from '../../lib/index.js';
import { Gate } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 7: a release is told how the body ended', () => {
  let told: Exit[];

  beforeEach(() => {
    told = [];
  });

  const tell = (exit: Exit): void => {
    told.push(exit);
  };
  const one = resource({ acquire: () => 1, release: (_, exit) => { tell(exit); } }); // prettier-ignore

  const forms: readonly [string, Resource<unknown>][] = [
    ['release', one],
    ['exit', resource({ acquire: () => 1, exit: (_, exit) => { tell(exit); } })], // prettier-ignore
    ['a manager', fromManager(() => ({ enter: () => 1, exit: tell }))],
    ['onExit', fromValue(1).pipe(onExit(tell))],
    ['a member of combine', combine([one])],
    ['a member of a concurrent combine', combine([one], { concurrent: true, concurrentRelease: true })],
    ['a release after a promise', resource({ acquire: () => Promise.resolve(1), release: (_, exit) => { tell(exit); } })], // prettier-ignore
  ];

  describe.each(forms)('%s', (_, source) => {
    it('is told `complete` when the body completed', async () => {
      using(source, () => of(1)).subscribe();
      await nextMacrotask();
      expect(told).toEqual([{ kind: 'complete' }]);
    });

    it('is told `error` and the identical error when it failed', async () => {
      const boom = { not: 'an Error' };
      using(source, () => throwError(() => boom)).subscribe({ error: () => undefined });
      await nextMacrotask();
      expect(told).toEqual([{ kind: 'error', error: boom }]);
      expect((told[0] as { error: unknown }).error).toBe(boom);
    });

    it('is told `unsubscribe` when the consumer left', async () => {
      const subscription = using(source, () => NEVER).subscribe();
      await nextMacrotask();
      subscription.unsubscribe();
      expect(told).toEqual([{ kind: 'unsubscribe' }]);
    });

    it.each([undefined, null, 0, '', false, Number.NaN])(
      'is told `error` when the body failed with %p',
      async (error) => {
        const ended: unknown[] = [];
        using(source, () => throwError(() => error)).subscribe({
          error: (failure: unknown) => ended.push(failure),
          complete: () => ended.push('complete'),
        });
        await nextMacrotask();
        expect(told).toHaveLength(1);
        expect(told[0]).toStrictEqual({ kind: 'error', error });
        expect(ended).toStrictEqual([error]);
      },
    );
  });

  it.each([
    ['throws', () => { throw undefined; }], // prettier-ignore
    ['answers a promise that rejects', () => Promise.reject<number>(undefined)], // prettier-ignore
    ['answers an observable whose subscribe throws', () => new Observable<number>(() => { throw undefined; })], // prettier-ignore
    ['answers an async generator that throws', async function* (): AsyncGenerator<number> { throw undefined; }], // prettier-ignore
    ['answers a generator that throws', function* (): Generator<number> { throw undefined; }], // prettier-ignore
  ])('a project that %s with undefined has failed', async (_, project) => {
    const ended: unknown[] = [];
    using(one, project as () => Observable<number>).subscribe({
      error: (failure: unknown) => ended.push(failure),
      complete: () => ended.push('complete'),
    });
    await nextMacrotask();
    expect(told).toStrictEqual([{ kind: 'error', error: undefined }]);
    expect(ended).toStrictEqual([undefined]);
  });

  it.each([
    ['an observable', () => of(1, 2)],
    ['an empty one', () => EMPTY],
    ['a promise', () => Promise.resolve(1)],
    ['an array', () => [1, 2]],
    ['a generator', function* () { yield 1; }], // prettier-ignore
    ['an async generator', async function* () { yield 1; }], // prettier-ignore
    ['RxJS’s from of an async generator', () => from((async function* () { yield 1; })())], // prettier-ignore
  ])('a body that is %s and comes to its end has completed', async (_, project) => {
    using(one, project as () => Observable<number>).subscribe();
    await nextMacrotask();
    expect(told).toEqual([{ kind: 'complete' }]);
  });

  describe('to leave is to unsubscribe, whoever does it:', () => {
    const stop = new Subject<void>();
    it.each([
      ['take', take(1)],
      ['takeUntil', takeUntil(stop)],
      ['an operator that throws', map(() => { throw new Error('downstream'); })], // prettier-ignore
      ['a race that another wins', raceWith(stop)],
    ])('%s', async (_, operator) => {
      const body = new Subject<number>();
      using(one, () => body)
        .pipe(operator)
        .subscribe({ error: () => undefined });
      if (_ !== 'a race that another wins') body.next(1);
      stop.next();
      await nextMacrotask();
      await nextMacrotask();
      expect(told).toEqual([{ kind: 'unsubscribe' }]);
    });

    it('switchMap', () => {
      const values = new Subject<number>();
      const subscription = values.pipe(switchMap(() => using(one, () => NEVER))).subscribe();
      values.next(1);
      values.next(2);
      expect(told).toEqual([{ kind: 'unsubscribe' }]);
      subscription.unsubscribe();
      expect(told).toHaveLength(2);
    });
  });

  it('the first to say how it ended decides: leaving during the release does not change what that was told', async () => {
    const gate = new Gate();
    const slow = resource({ acquire: () => 1, release: (_, exit) => (tell(exit), gate.promise) });
    using(slow, () => of(1))
      .subscribe()
      .unsubscribe();
    gate.open();
    await nextMacrotask();
    expect(told).toEqual([{ kind: 'complete' }]);
  });

  it('a lease and a stack tell the exit that they are given, and `complete` otherwise', async () => {
    await (await lease(one)).release();
    const boom = new Error('boom');
    await expect((await lease(one)).release({ kind: 'error', error: boom })).rejects.toBe(boom);
    const stack = new ExitStack();
    await stack.enter(one);
    stack.push(tell);
    await stack.close({ kind: 'unsubscribe' });
    expect(told.map(({ kind }) => kind)).toEqual(['complete', 'error', 'unsubscribe', 'unsubscribe']);
    expect((told[1] as { error: unknown }).error).toBe(boom);
  });

  it('an exit cannot be changed by who is told', () => {
    using(one, () => throwError(() => 'boom')).subscribe({ error: () => undefined });
    using(one, () => of(1)).subscribe();
    expect(told.map((exit) => Object.isFrozen(exit))).toEqual([true, true]);
  });
});
