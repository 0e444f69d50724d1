import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  of,
  repeat,
  retry,
  Subject,
  throwError,
  type Observable,
} from 'rxjs';
import { using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 3: completion and errors reach the consumer after the release has finished', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  it.each([
    ['completion', EMPTY, '-a complete', 'complete'],
    ['an error', throwError(() => boom), '-a error boom', 'error boom'],
  ])('%s after a synchronous one', (_, body, released, told) => {
    using(journal.resource('a'), () => body).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', released, told]);
  });

  it.each([
    ['completion', EMPTY, '-a complete', 'complete'],
    ['an error', throwError(() => boom), '-a error boom', 'error boom'],
  ])('%s after a promise', async (_, body, released, told) => {
    const gate = new Gate();
    using(journal.resource('a', { release: () => gate.promise }), () => body).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', released]);
    gate.open();
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', released, '-a ok', told]);
  });

  it.each([
    ['completion', EMPTY, '-a complete', 'complete'],
    ['an error', throwError(() => boom), '-a error boom', 'error boom'],
  ])('%s after an observable, at its end and not at its values', (_, body, released, told) => {
    const gate = new Subject<number>();
    using(journal.resource('a', { release: () => gate }), () => body).subscribe(journal.observer());
    gate.next(1);
    expect(journal.lines).toEqual(['+a', released]);
    gate.complete();
    expect(journal.lines).toEqual(['+a', released, '-a ok', told]);
  });

  it('after an error of project', async () => {
    const gate = new Gate();
    using(journal.resource('a', { release: () => gate.promise }), () => {
      throw boom;
    }).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '-a error boom']);
    gate.open();
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '-a error boom', '-a ok', 'error boom']);
  });

  it('also when the scope was entered asynchronously', async () => {
    const gate = new Gate();
    const slow = journal.resource('a', { acquire: () => Promise.resolve('a'), release: () => gate.promise });
    using(slow, () => of(1)).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '+a ok', 'next 1', '-a complete']);
    gate.open();
    await nextMacrotask();
    expect(journal.lines.slice(4)).toEqual(['-a ok', 'complete']);
  });

  it('values pass through at once, unbuffered', () => {
    const body = new Subject<number>();
    const subscription = using(journal.resource('a'), () => body).subscribe(journal.observer());
    journal.take();
    body.next(1);
    expect(journal.take()).toEqual(['next 1']);
    body.next(2);
    body.next(3);
    expect(journal.take()).toEqual(['next 2', 'next 3']);
    subscription.unsubscribe();
  });

  it('values of a synchronous body pass while its subscribe still runs', () => {
    const body = defer(() => {
      journal.note('subscribed');
      return concat(of(1), defer(() => (journal.note('between'), of(2)))); // prettier-ignore
    });
    using(journal.resource('a'), () => body).subscribe(journal.observer());
    expect(journal.lines).toEqual(['+a', 'subscribed', 'next 1', 'between', 'next 2', '-a complete', 'complete']);
  });

  it('keeps values and the end apart by the length of the release', () => {
    testResources(({ cold, probe, expectObservable }) => {
      const slow = probe('a', { release: '             ---|' });
      expectObservable(using(slow, () => cold('a-b|'))).toBe('a-b---|');
    });
  });

  describe('so what stands downstream acts after the release', () => {
    const attempt = (name: string, body: () => Observable<unknown>, gate: Gate) =>
      using(journal.resource(name, { release: () => gate.promise }), body);

    it('catchError', async () => {
      const gate = new Gate();
      attempt('a', () => throwError(() => boom), gate)
        .pipe(
          catchError(() => {
            journal.note('caught');
            return EMPTY;
          }),
        )
        .subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '-a error boom']);
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', 'caught', 'complete']);
    });

    it('retry', async () => {
      const gates = [new Gate(), new Gate()];
      let attempts = 0;
      defer(() => attempt('a', () => throwError(() => boom), gates[attempts++] as Gate))
        .pipe(retry(1))
        .subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', '-a error boom']);
      gates[0]?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', '+a', '-a error boom']);
      gates[1]?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', 'error boom']);
    });

    it('repeat', async () => {
      const gates = [new Gate(), new Gate()];
      let attempts = 0;
      defer(() => attempt('a', () => of(1), gates[attempts++] as Gate))
        .pipe(repeat(2))
        .subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', 'next 1', '-a complete']);
      gates[0]?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', '+a', 'next 1', '-a complete']);
      gates[1]?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', 'complete']);
    });

    it('concatMap', async () => {
      const gates: Record<string, Gate> = { a: new Gate(), b: new Gate() };
      from(['a', 'b'])
        .pipe(concatMap((name) => attempt(name, () => of(name), gates[name] as Gate)))
        .subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a', 'next a', '-a complete']);
      gates['a']?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-a ok', '+b', 'next b', '-b complete']);
      gates['b']?.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-b ok', 'complete']);
    });
  });
});
