import { EMPTY, NEVER, of, Subject, throwError } from 'rxjs';
import { awaitRelease, combine, ExitStack, lease, use, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 14: unsubscribing while the release runs', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let gate: Gate;

  beforeEach(() => {
    journal = new Journal();
    gate = new Gate();
  });

  const slow = (name = 'a') => journal.resource(name, { release: () => gate.promise });
  const fails = () => throwError(() => boom);

  it('neither interrupts nor restarts it', async () => {
    const subscription = using(slow(), () => EMPTY).subscribe(journal.observer());
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(journal.take()).toEqual(['+a', '-a complete']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['-a ok']);
  });

  it('does not unsubscribe an observable that the release returned', () => {
    const releasing = new Subject<void>();
    const subscription = using(journal.resource('a', { release: () => releasing }), () => EMPTY).subscribe();
    subscription.unsubscribe();
    expect(releasing.observed).toBe(true);
    releasing.complete();
    expect(journal.lines).toEqual(['+a', '-a complete', '-a ok']);
  });

  it.each([
    ['completion', () => of(1)],
    ['an error', fails],
  ])('delivers nothing afterwards: %s', async (_, body) => {
    const subscription = using(slow(), body).subscribe(journal.observer());
    subscription.unsubscribe();
    gate.open();
    await nextMacrotask();
    expect(journal.lines.filter((line) => /^(error|complete)/.test(line))).toEqual([]);
  });

  it('delivers nothing when it is left during the release that an unsubscribe started, either', async () => {
    const subscription = using(slow(), () => NEVER).subscribe(journal.observer());
    subscription.unsubscribe();
    subscription.unsubscribe();
    gate.open();
    await nextMacrotask();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', '-a ok']);
  });

  describe('the exit of a scope is frozen when its unwinding starts', () => {
    it.each([
      ['complete', () => EMPTY],
      ['error boom', fails],
    ])('%s: all releases of the same scope are told that', async (exit, body) => {
      const source = combine([journal.resource('first'), slow('second')]);
      const subscription = source.pipe(use(body)).subscribe(journal.observer());
      subscription.unsubscribe();
      gate.open();
      await nextMacrotask();
      expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual([
        `-second ${exit}`,
        '-second ok',
        `-first ${exit}`,
      ]);
    });

    it.each([
      ['complete', () => EMPTY],
      ['error boom', fails],
    ])('%s: an enclosing scope that had not started exits with `unsubscribe`', async (exit, body) => {
      const subscription = using(journal.resource('outer'), () => using(slow('inner'), body)).subscribe();
      await nextMacrotask();
      subscription.unsubscribe();
      gate.open();
      await nextMacrotask();
      expect(journal.lines.filter((line) => line.startsWith('-'))).toEqual([
        `-inner ${exit}`,
        '-inner ok',
        '-outer unsubscribe',
      ]);
      expect(await reported()).toEqual([]);
    });

    it('an enclosing scope shows what an inner release failed with, by law 10', async () => {
      const subscription = using(journal.resource('outer'), () => using(slow('inner'), () => EMPTY)).subscribe();
      subscription.unsubscribe();
      gate.fail(new Error('Y'));
      expect(await reported()).toEqual(['Y']);
      expect(journal.lines.at(-1)).toBe('-outer error Y');
    });

    it('an enclosing scope shows that, joined with the error of the body that was held back', async () => {
      const subscription = using(journal.resource('outer'), () => using(slow('inner'), fails)).subscribe();
      subscription.unsubscribe();
      gate.fail(new Error('Y'));
      expect(await reported()).toEqual(['S(Y, boom)']);
      expect(journal.lines.at(-1)).toBe('-outer error S(Y, boom)');
    });

    it('a stack and a lease that are being released do not change their exit by a second call', async () => {
      const stack = new ExitStack();
      await stack.enter(journal.resource('first'));
      await stack.enter(slow('second'));
      const closing = stack.close({ kind: 'complete' });
      const again = stack.close({ kind: 'error', error: boom });
      const held = await lease(combine([journal.resource('third'), slow('fourth')]));
      const releasing = held.release({ kind: 'unsubscribe' });
      const twice = held.release({ kind: 'error', error: boom });
      gate.open();
      expect(await Promise.all([closing, again, releasing, twice])).toEqual([false, false, false, false]);
      expect(journal.lines.filter((line) => /^-\w+ [^o]/.test(line))).toEqual([
        '-second complete',
        '-fourth unsubscribe',
        '-first complete',
        '-third unsubscribe',
      ]);
    });
  });

  describe('the body’s error, held back by a running release', () => {
    it('is dropped when the consumer leaves, as RxJS does', async () => {
      using(slow(), fails).subscribe(journal.observer()).unsubscribe();
      gate.open();
      expect(await reported()).toEqual([]);
      expect(journal.lines).toEqual(['+a', '-a error boom', '-a ok']);
    });

    it('is reported with that of the release if that fails: S(X’s, B’s)', async () => {
      using(slow(), fails).subscribe(journal.observer()).unsubscribe();
      gate.fail(new Error('late'));
      expect(await reported()).toEqual(['S(late, boom)']);
    });

    it('is not reported where the release only passes it on', async () => {
      using(slow(), fails).subscribe(journal.observer()).unsubscribe();
      gate.fail(boom);
      expect(await reported()).toEqual([]);
    });

    it('is not delivered where an awaitRelease downstream is left as well', async () => {
      using(slow(), fails).pipe(awaitRelease()).subscribe(journal.observer()).unsubscribe();
      gate.open();
      expect(await reported()).toEqual([]);
      expect(journal.lines).toEqual(['+a', '-a error boom', '-a ok']);
    });
  });

  it('a release failing after completion, when the consumer has left, is reported', async () => {
    using(slow(), () => EMPTY)
      .subscribe(journal.observer())
      .unsubscribe();
    gate.fail(boom);
    expect(await reported()).toEqual(['boom']);
  });

  it('takes no frame more or less in virtual time', () => {
    testResources(({ probe, expectLifecycle, expectObservable }) => {
      const a = probe('a', { release: '-----|' });
      const source = using(a, () => EMPTY);
      expectObservable(source, '--!').toBe('');
      expectLifecycle(a).toBe(' !----|', 'complete');
    });
  });
});
