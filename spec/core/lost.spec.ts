import { EMPTY, finalize, map, NEVER, Observable, of, Subject, throwError, type ObservableInput } from 'rxjs';
import {
  andThen,
  combine,
  lease,
  orElse,
  releaseTimeout,
  resource,
  ResourceLostError,
  settled,
  switchResource,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { errorOf, raise } from '../support/failing.js';
import { describeError, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const boom = new Error('boom');

describe('lost', () => {
  describe('while held', () => {
    it('unsubscribes the body, releases with a ResourceLostError, and the consumer gets the same object (law 29)', () => {
      const death = new Subject<string>();
      const seen: unknown[] = [];
      const journal = new Journal();
      const source = resource({
        name: 'socket',
        acquire: () => 1,
        release: (_, exit) => {
          journal.note('released');
          seen.push(exit.kind === 'error' ? exit.error : exit.kind);
        },
        lost: () => death,
      });
      using(source, () => NEVER.pipe(finalize(() => journal.note('body left')))).subscribe({
        error: (error: unknown) => seen.push(error),
      });
      death.next('hung up');
      expect(journal.lines).toEqual(['body left', 'released']);
      expect(seen).toHaveLength(2);
      expect(seen[0]).toBeInstanceOf(ResourceLostError);
      expect(seen[0]).toMatchObject({ resource: 'socket', cause: 'hung up' });
      expect(seen[1]).toBe(seen[0]);
    });

    it('keeps its frame (law 18)', () => {
      testResources(({ cold, probe, expectLifecycle, expectObservable }) => {
        const a = probe('a', { acquire: '--(a|)', release: '---|', lost: '----x' });
        const error = new ResourceLostError('"a" was lost while it was held.', { resource: 'a' });
        expectObservable(using(a, () => cold('x-x-x-x-x'))).toBe('--x-x----#', undefined, error);
        expectLifecycle(a).toBe('a-^---!--|', { kind: 'error', error });
      });
    });

    it.each<[string, unknown]>([
      ['an error', boom],
      ['undefined', undefined],
    ])('counts failing with %s like emitting it (law 29)', async (_, cause) => {
      const death = new Subject<void>();
      const source = resource({ acquire: () => 1, lost: () => death });
      const failing = errorOf(source);
      death.error(cause);
      const error = await failing;
      expect(error).toBeInstanceOf(ResourceLostError);
      expect(error).toHaveProperty('cause', cause);
    });

    it('ends a resource that is subscribed directly (law 29)', () => {
      const death = new Subject<void>();
      const journal = new Journal();
      journal.resource('a', { lost: () => death }).subscribe(journal.observer());
      death.next();
      expect(journal.lines).toEqual(['+a', 'next a', '-a error ResourceLostError', 'error ResourceLostError']);
    });

    it('changes nothing by completing', () => {
      const [death, body] = [new Subject<void>(), new Subject<number>()];
      const journal = new Journal();
      using(journal.resource('a', { lost: () => death }), () => body).subscribe(journal.observer());
      death.complete();
      body.next(1);
      body.complete();
      expect(journal.lines).toEqual(['+a', 'next 1', '-a complete', 'complete']);
    });

    it('is told the handle', () => {
      const told: unknown[] = [];
      const handle = { id: 1 };
      const lost = (value: unknown): Observable<never> => {
        told.push(value);
        return NEVER;
      };
      resource({ acquire: () => handle, lost })
        .subscribe()
        .unsubscribe();
      expect(told).toEqual([handle]);
      expect(told[0]).toBe(handle);
    });

    it.each<[string, () => ObservableInput<unknown>]>([
      ['a promise', () => Promise.resolve('gone')],
      ['an array', () => ['gone']],
      ['an async iterable', async function* () { yield 'gone'; }],
    ])('may answer with %s', async (_, lost) => {
      const error = await errorOf(using(resource({ acquire: () => 1, lost }), () => NEVER));
      expect(error).toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
    }); // prettier-ignore

    it('does not abort the signal: the consumer has not left (law 13)', () => {
      const death = new Subject<void>();
      const signals: AbortSignal[] = [];
      const source = resource({ acquire: ({ signal }) => signals.push(signal), lost: () => death });
      source.subscribe({ error: () => undefined });
      death.next();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    });

    it('joins a failing release with the ResourceLostError (law 9)', async () => {
      const source = resource({ acquire: () => 1, release: () => raise(boom), lost: () => of(1) });
      expect(describeError(await errorOf(using(source, () => NEVER)))).toBe('S(boom, ResourceLostError)');
    });

    it('may be suppressed by exit (law 8)', () => {
      const death = new Subject<void>();
      const journal = new Journal();
      using(journal.resource('a', { exit: () => true, lost: () => death }), () => NEVER).subscribe(journal.observer());
      death.next();
      expect(journal.lines).toEqual(['+a', '-a error ResourceLostError', 'complete']);
    });
  });

  describe('synchronously on entering', () => {
    it.each<[string, () => Observable<unknown>]>([
      ['emits', () => of('dead on arrival')],
      ['errors', () => throwError(() => 'dead on arrival')],
    ])('releases, and never shows the handle to the body, where it %s', (_, lost) => {
      const journal = new Journal();
      using(journal.resource('a', { lost }), () => ['body']).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', '-a error ResourceLostError', 'error ResourceLostError']);
    });

    it('carries on where it completes', () => {
      const journal = new Journal();
      using(journal.resource('a', { lost: () => EMPTY }), (handle) => [handle]).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+a', 'next a', '-a complete', 'complete']);
    });

    it('releases where it throws, as any failure to enter (law 11)', async () => {
      const journal = new Journal();
      const source = journal.resource('a', { lost: () => raise(boom) });
      expect(await errorOf(using(source, () => [1]))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });
  });

  describe('no longer held', () => {
    const watchOf = (journal: Journal): Observable<never> =>
      new Observable(() => () => {
        journal.note('watch left');
      });

    it.each<[string, () => ObservableInput<never>, string]>([
      ['completed', () => EMPTY, 'complete'],
      ['failed', () => throwError(() => boom), 'error boom'],
    ])('is left before the release, once the body has %s', (_, body, exit) => {
      const journal = new Journal();
      const source = journal.resource('a', { lost: () => watchOf(journal) });
      using(source, body).subscribe({ error: () => undefined });
      expect(journal.lines).toEqual(['+a', 'watch left', `-a ${exit}`]);
    });

    it('is left before the release when the consumer leaves', () => {
      const journal = new Journal();
      journal
        .resource('a', { lost: () => watchOf(journal) })
        .subscribe()
        .unsubscribe();
      expect(journal.lines).toEqual(['+a', 'watch left', '-a unsubscribe']);
    });

    it('is not asked where the consumer left before the handle came', () => {
      const acquired = new Subject<string>();
      const journal = new Journal();
      const lost = (): Observable<never> => {
        journal.note('watched');
        return NEVER;
      };
      journal
        .resource('a', { acquire: () => acquired, lost })
        .subscribe()
        .unsubscribe();
      acquired.next('late');
      expect(journal.lines.filter((line) => line !== '+a ok')).toEqual(['+a', '-a unsubscribe']);
    });

    it('is heard no more while the release runs', () => {
      const [death, released] = [new Subject<void>(), new Subject<void>()];
      const journal = new Journal();
      const source = journal.resource('a', { lost: () => death, release: () => released });
      using(source, () => EMPTY).subscribe(journal.observer());
      death.next();
      released.complete();
      expect(journal.lines).toEqual(['+a', '-a complete', '-a ok', 'complete']);
    });

    it('hands a teardown of the watch that throws to the scope', async () => {
      const lost = (): Observable<never> =>
        new Observable(() => () => {
          throw boom;
        });
      const journal = new Journal();
      const error = await errorOf(using(journal.resource('a', { lost }), () => EMPTY));
      expect(describeError(error)).toBe('UnsubscriptionError');
      expect(journal.lines).toEqual(['+a', '-a complete']);
    });
  });

  describe('in a part of another resource', () => {
    const composed: readonly (readonly [string, (part: Resource<string>) => Resource<unknown>])[] = [
      ['andThen', (part) => part.pipe(andThen((handle) => resource({ acquire: () => handle })))],
      ['combine', (part) => combine([part])],
      ['combine, concurrently', (part) => combine([part], { concurrent: true })],
      ['orElse', (part) => part.pipe(orElse(() => part))],
      ['releaseTimeout', (part) => part.pipe(releaseTimeout(1000))],
    ];

    it.each(composed)('ends the whole, as with %s (law 29)', async (_, compose) => {
      const death = new Subject<string>();
      const journal = new Journal();
      const failing = errorOf(using(compose(journal.resource('a', { lost: () => death })), () => NEVER));
      death.next('gone');
      expect(await failing).toMatchObject({
        name: 'ResourceLostError',
        cause: 'gone',
        resource: expect.any(String) as string,
      });
      expect(journal.lines).toEqual(['+a', '-a error ResourceLostError']);
    });

    it('releases a later part before it, told the same error (law 4)', () => {
      const death = new Subject<void>();
      const journal = new Journal();
      const both = journal.resource('a', { lost: () => death }).pipe(andThen(() => journal.resource('b')));
      using(both, () => NEVER).subscribe(journal.observer());
      death.next();
      expect(journal.lines).toEqual([
        '+a',
        '+b',
        '-b error ResourceLostError',
        '-a error ResourceLostError',
        'error ResourceLostError',
      ]);
    });

    it('ends entering, where a later part is still being entered', () => {
      const death = new Subject<void>();
      const pending = new Subject<string>();
      const journal = new Journal();
      const slow = journal.resource('b', { acquire: () => pending, interruptible: true });
      const both = journal.resource('a', { lost: () => death }).pipe(andThen(() => slow));
      using(both, () => ['body']).subscribe(journal.observer());
      death.next();
      expect(pending.observed).toBe(false);
      expect(journal.lines).toEqual(['+a', '+b', '-a error ResourceLostError', 'error ResourceLostError']);
    });

    it('ends the stream of switchResource', () => {
      const death = new Subject<void>();
      const journal = new Journal();
      of(1)
        .pipe(switchResource(() => journal.resource('a', { lost: () => death })))
        .subscribe(journal.observer());
      death.next();
      expect(journal.lines).toEqual(['+a', 'next a', '-a error ResourceLostError', 'error ResourceLostError']);
    });

    it('releases a lease at once, and tells whoever releases it', async () => {
      const death = new Subject<void>();
      const journal = new Journal();
      const held = await lease(journal.resource('a', { lost: () => death }));
      death.next();
      expect(journal.lines).toEqual(['+a', '-a error ResourceLostError']);
      await expect(held.release()).rejects.toBeInstanceOf(ResourceLostError);
    });
  });

  it('drops the ResourceLostError with a consumer that leaves while the release runs (law 14)', async () => {
    const [death, released] = [new Subject<void>(), new Subject<void>()];
    const journal = new Journal();
    const source = journal.resource('a', { lost: () => death, release: () => released.pipe(map(() => 1)) });
    const subscription = source.subscribe(journal.observer());
    death.next();
    subscription.unsubscribe();
    released.complete();
    await settled();
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', 'next a', '-a error ResourceLostError', '-a ok']);
    expect(await takeUnhandledErrors()).toEqual([]);
  });
});
