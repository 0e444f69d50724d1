import { EMPTY, NEVER, Observable, of, Subject, throwError, type ObservableInput } from 'rxjs';
import { andThen, combine, ExitStack, lease, mapValue, onExit, orElse, releaseTimeout, resource, ResourceLostError, retryAcquire, scoped, use, using, type Exit, type Resource } from '../../lib/index.js'; // prettier-ignore
import { testResources } from '../../lib/testing/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 29: a handle that is lost while it is held', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let lost: Subject<unknown>;
  let told: unknown[];
  let exits: Exit[];

  beforeEach(() => {
    journal = new Journal();
    lost = new Subject();
    told = [];
    exits = [];
  });

  const source = (release: () => unknown = () => undefined): Resource<string> =>
    journal.resource('a', {
      lost: () => lost,
      release: (exit) => {
        exits.push(exit);
        return release();
      },
    });
  const body = new Observable<never>(() => () => {
    journal.note('torn down');
  });
  const hold = (held: Resource<unknown>): void => {
    using(held, () => body).subscribe({
      error: (error: unknown) => told.push(error),
      complete: () => told.push('complete'),
    });
  };

  it.each([
    ['emits', (cause: unknown) => { lost.next(cause); }], // prettier-ignore
    ['errors', (cause: unknown) => { lost.error(cause); }], // prettier-ignore
  ])(
    'when `lost` %s, the body is left, the release told a ResourceLostError, and the consumer gets that same object',
    (_, fire) => {
      hold(source());
      fire(boom);
      expect(journal.lines).toEqual(['+a', 'torn down', '-a error ResourceLostError']);
      expect(told).toHaveLength(1);
      expect(told[0]).toBeInstanceOf(ResourceLostError);
      expect(told[0]).toMatchObject({ resource: 'a', code: 'RXSCOPE_LOST' });
      expect((told[0] as Error).cause).toBe(boom);
      expect((exits[0] as { error: unknown }).error).toBe(told[0]);
      expect(lost.observed).toBe(false);
    },
  );

  it.each([undefined, null, 'reason'])('the cause is what was emitted: %p', (cause) => {
    hold(source());
    lost.next(cause);
    expect(told[0]).toHaveProperty('cause', cause);
  });

  it('`lost` completing says nothing', () => {
    const subscription = using(source(), () => body).subscribe(journal.observer());
    lost.complete();
    expect(journal.take()).toEqual(['+a']);
    subscription.unsubscribe();
    expect(journal.take()).toEqual(['torn down', '-a unsubscribe']);
  });

  it('is watched from when it is held to when its release starts, on every path', () => {
    for (const end of [() => EMPTY, () => throwError(() => boom), () => NEVER]) {
      const seen: boolean[] = [];
      using(
        source(() => seen.push(lost.observed)),
        () => (seen.push(lost.observed), end()),
      )
        .subscribe({ error: () => undefined })
        .unsubscribe();
      expect(seen).toEqual([true, false]);
    }
  });

  it('is not watched while entering', async () => {
    const gate = new Gate<string>();
    const watched: boolean[] = [];
    const slow = resource({ acquire: () => gate.promise, lost: () => (watched.push(true), NEVER) });
    const subscription = using(slow, () => NEVER).subscribe();
    await nextMacrotask();
    expect(watched).toEqual([]);
    gate.open('a');
    await nextMacrotask();
    expect(watched).toEqual([true]);
    subscription.unsubscribe();
  });

  it('at once: the body does not run', () => {
    using(resource({ acquire: () => 1, lost: () => of('gone'), release: () => { journal.note('released'); } }), () => (journal.note('body'), NEVER)).subscribe(journal.observer()); // prettier-ignore
    expect(journal.lines).toEqual(['released', 'error ResourceLostError']);
  });

  it.each<[string, () => ObservableInput<unknown>]>([
    ['a promise', () => Promise.resolve('gone')],
    ['a promise that rejects', () => Promise.reject(boom)],
    ['an async generator', async function* () { yield 'gone'; }], // prettier-ignore
  ])('as %s', async (_, input) => {
    using(resource({ acquire: () => 1, lost: input }), () => NEVER).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['error ResourceLostError']);
  });

  it('a release that fails after that is joined with it', async () => {
    hold(source(() => Promise.reject(boom)));
    lost.next('gone');
    await nextMacrotask();
    expect(told).toMatchObject([{ name: 'SuppressedError', error: boom, suppressed: { name: 'ResourceLostError' } }]);
  });

  it('may be suppressed like any other error', () => {
    using(journal.resource('a', { lost: () => lost, exit: () => true }), () => NEVER).subscribe(journal.observer());
    lost.next('gone');
    expect(journal.lines).toEqual(['+a', '-a error ResourceLostError', 'complete']);
  });

  it('counts once: a second loss, or one during the release, changes nothing', async () => {
    const gate = new Gate();
    hold(source(() => gate.promise));
    lost.next(1);
    lost.next(2);
    gate.open();
    await nextMacrotask();
    expect(told).toMatchObject([{ cause: 1 }]);
    expect(exits).toHaveLength(1);
  });

  it('does not happen after the body has ended', async () => {
    const gate = new Gate();
    using(source(() => gate.promise), () => EMPTY).subscribe(journal.observer()); // prettier-ignore
    lost.next('gone');
    gate.open();
    await nextMacrotask();
    expect(journal.lines.at(-1)).toBe('complete');
  });

  describe('as a part of something else', () => {
    const wholes: readonly [string, (part: Resource<string>) => Resource<unknown>][] = [
      ['combine', (part) => combine([journal.resource('b'), part, journal.resource('c')])],
      ['a concurrent combine', (part) => combine([journal.resource('b'), part, journal.resource('c')], { concurrent: true })], // prettier-ignore
      ['andThen', (part) => journal.resource('b').pipe(andThen(() => part), andThen(() => journal.resource('c')))], // prettier-ignore
      ['scoped', (part) => scoped(async (stack) => { await stack.enter(journal.resource('b')); await stack.enter(part); await stack.enter(journal.resource('c')); })], // prettier-ignore
      ['operators', (part) => combine([journal.resource('b'), part.pipe(mapValue(String), onExit(() => undefined), releaseTimeout(99), retryAcquire({ count: 1 }), orElse(() => part)), journal.resource('c')])], // prettier-ignore
    ];

    it.each(wholes)('the whole ends with it, in reverse order: %s', async (_, make) => {
      hold(make(source()));
      await nextMacrotask();
      lost.next('gone');
      await nextMacrotask();
      const lines = journal.lines.filter((line) => line.startsWith('-') || line === 'torn down');
      expect(lines).toEqual([
        'torn down',
        '-c error ResourceLostError',
        '-a error ResourceLostError',
        '-b error ResourceLostError',
      ]);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
      expect((exits[0] as { error: unknown }).error).toBe(told[0]);
    });

    it('an enclosing scope is told the error of the one inside', () => {
      using(journal.resource('outer'), () => source().pipe(use(() => NEVER))).subscribe(journal.observer());
      lost.next('gone');
      expect(journal.lines.slice(2)).toEqual([
        '-a error ResourceLostError',
        '-outer error ResourceLostError',
        'error ResourceLostError',
      ]);
    });

    it('a resource that is subscribed itself errors', () => {
      source().subscribe(journal.observer());
      lost.next('gone');
      expect(journal.lines).toEqual(['+a', 'next a', '-a error ResourceLostError', 'error ResourceLostError']);
    });
  });

  it('a lease is released at once, and release() rejects with it', async () => {
    const held = await lease(source());
    lost.next('gone');
    expect(exits.map(({ kind }) => kind)).toEqual(['error']);
    await expect(held.release()).rejects.toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
    expect(exits).toHaveLength(1);
  });

  it('in a stack of its own it is released at once, and told by close()', async () => {
    const stack = new ExitStack();
    await stack.enter(source());
    await stack.enter(journal.resource('b'));
    lost.next('gone');
    expect(exits.map(({ kind }) => kind)).toEqual(['error']);
    await expect(stack.close()).rejects.toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
  });

  it('keeps virtual time', () => {
    testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
      const lossy = probe('a', { lost: '---x', release: '--|' });
      const error = new ResourceLostError('"a" was lost while it was held.', { resource: 'a' });
      expectObservable(using(lossy, () => cold('a-a-a-a'))).toBe('a-a--#', undefined, error);
      expectLifecycle(lossy).toBe('^--!-|', { kind: 'error', error });
    });
  });
});
