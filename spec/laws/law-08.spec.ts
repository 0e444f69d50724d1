import { concat, EMPTY, NEVER, of, throwError, type Observable } from 'rxjs';
import {
  ExitStack,
  fromDisposable,
  fromManager,
  fromValue,
  lease,
  onExit,
  resource,
  scoped,
  suppress,
  use,
  using,
  type Awaitable,
  type Exit,
  type Resource,
} from '../../lib/index.js';
import { asyncDispose, dispose } from '../../lib/internal/async-dispose.js';
import { Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

type Answer = (exit: Exit) => unknown;

describe('law 8: only the exit form can suppress', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  /** What the consumer is told, and what an outer scope is. */
  const outcomeOf = async (source: Resource<unknown>, body: () => Observable<unknown>): Promise<string[]> => {
    const outer = journal.resource('outer');
    using(outer, () => source.pipe(use(body))).subscribe(journal.observer());
    await nextMacrotask();
    return journal.take().filter((line) => !line.startsWith('+'));
  };
  const failing = (): Observable<unknown> => throwError(() => boom);

  const passes = ['-outer error boom', 'error boom'];
  const suppressed = ['-outer complete', 'complete'];

  const exits: readonly [string, (answer: Answer) => Resource<unknown>][] = [
    ['the exit of a resource', (answer) => resource({ acquire: () => 1, exit: (_, exit) => answer(exit) as Awaitable<boolean> })], // prettier-ignore
    ['the exit of a manager', (answer) => fromManager(() => ({ enter: () => 1, exit: (exit) => answer(exit) as Awaitable<boolean> }))], // prettier-ignore
    ['what is pushed on a stack', (answer) => scoped((stack) => { stack.push((exit) => answer(exit) as Awaitable<boolean>); })], // prettier-ignore
  ];

  describe.each(exits)('%s', (_, make) => {
    it.each([
      ['true', () => true],
      ['a promise of true', () => Promise.resolve(true)],
      ['an observable whose last value is true', () => of(false, true)],
    ])('suppresses by answering %s', async (_title, answer) => {
      expect(await outcomeOf(make(answer), failing)).toEqual(suppressed);
    });

    it.each([
      ['nothing', () => undefined],
      ['false', () => false],
      ['1', () => 1],
      ["'true'", () => 'true'],
      ['an object', () => ({})],
      ['an array with true', () => [true]],
      ['new Boolean(true)', () => Object(true) as unknown],
      ['a promise of 1', () => Promise.resolve(1)],
      ['an observable whose last value is not true', () => of(true, false)],
      ['an empty observable', () => EMPTY],
      ['a function that answers true', () => () => true],
    ])('does not by answering %s', async (_title, answer) => {
      expect(await outcomeOf(make(answer), failing)).toEqual(passes);
    });

    it('suppresses an undefined that was thrown too', async () => {
      expect(await outcomeOf(make(() => true), () => throwError(() => undefined))).toEqual(suppressed); // prettier-ignore
    });

    it('makes a completion without a value of it: those before stay, none is added', async () => {
      expect(await outcomeOf(make(() => true), () => concat(of(1), failing()))).toEqual(['next 1', ...suppressed]); // prettier-ignore
    });

    it('changes nothing about a completion', async () => {
      expect(
        await outcomeOf(
          make(() => true),
          () => of(1),
        ),
      ).toEqual(['next 1', ...suppressed]);
    });

    it('cannot suppress that the consumer has left', async () => {
      const exitsSeen: string[] = [];
      const source = make((exit) => (exitsSeen.push(exit.kind), true));
      using(journal.resource('outer'), () => source.pipe(use(() => NEVER)))
        .subscribe(journal.observer())
        .unsubscribe();
      await nextMacrotask();
      expect(exitsSeen).toEqual(['unsubscribe']);
      expect(journal.take()).toEqual(['+outer', '-outer unsubscribe']);
    });

    it('does not suppress by failing', async () => {
      const later = new Error('later');
      const throwing = make(() => {
        throw later;
      });
      expect(await outcomeOf(throwing, failing)).toEqual(['-outer error S(later, boom)', 'error S(later, boom)']);
    });
  });

  const never: readonly [string, (answer: () => unknown) => Resource<unknown>][] = [
    ['a plain release', (answer) => resource({ acquire: () => 1, release: answer })],
    ['defer', (answer) => scoped((stack) => { stack.defer(answer); })], // prettier-ignore
    ['adopt', (answer) => scoped((stack) => stack.adopt(1, answer))],
    ['use of a stack', (answer) => scoped((stack) => { stack.use({ [asyncDispose]: answer as () => Promise<void> }); })], // prettier-ignore
    ['an asynchronous dispose', (answer) => fromDisposable(() => ({ [asyncDispose]: answer as () => Promise<void> }))],
    ['a synchronous dispose', (answer) => fromDisposable(() => ({ [dispose]: answer }))],
    ['unsubscribe', (answer) => fromDisposable(() => ({ unsubscribe: answer }))],
    ['a named method', (answer) => fromDisposable(() => ({ close: answer }), 'close')],
    ['onExit', (answer) => fromValue(1).pipe(onExit(answer))],
    ['a resource entered by a stack', (answer) => scoped((stack) => stack.enter(resource({ acquire: () => 1, release: answer })))], // prettier-ignore
  ];

  describe.each(never)('%s', (_, make) => {
    it.each([
      ['true', () => true],
      ['a promise of true', () => Promise.resolve(true)],
      ['an observable of true', () => of(true)],
      ['nothing', () => undefined],
    ])('does not suppress by answering %s', async (_title, answer) => {
      expect(await outcomeOf(make(answer), failing)).toEqual(passes);
    });
  });

  it('`set.delete()` as a release, which answers true, does not suppress', async () => {
    const set = new Set([1]);
    const member = resource({ acquire: () => 1, release: (value) => set.delete(value) });
    expect(await outcomeOf(member, failing)).toEqual(passes);
    expect(set.size).toBe(0);
  });

  it('RxJS’s using with a teardown that answers true does not suppress', () => {
    using(
      () => ({ unsubscribe: () => true as unknown as undefined }),
      () => failing(),
    ).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error boom']);
  });

  describe('a generator', () => {
    it('that catches and finishes suppresses', async () => {
      const catching = resource(function* () {
        try {
          yield 1;
        } catch {
          // swallowed
        }
      });
      expect(await outcomeOf(catching, failing)).toEqual(suppressed);
    });

    it('that catches and finishes suppresses, asynchronously', async () => {
      const catching = resource(async function* () {
        try {
          yield 1;
        } catch {
          await Promise.resolve();
        }
      });
      expect(await outcomeOf(catching, failing)).toEqual(suppressed);
    });

    it('that does not catch does not, whatever its finally does', async () => {
      const closing = resource(function* () {
        try {
          yield 1;
        } finally {
          journal.note('finally');
        }
      });
      expect(await outcomeOf(closing, failing)).toEqual(['finally', ...passes]);
    });

    it('that answers true after the body has completed changes nothing', async () => {
      const answering = resource(function* () {
        yield 1;
        return true;
      });
      expect(await outcomeOf(answering, () => of(1))).toEqual(['next 1', ...suppressed]);
    });

    it('that catches the unsubscription does not make it something else', () => {
      const catching = resource(function* () {
        try {
          yield 1;
        } catch {
          journal.note('caught');
        }
      });
      using(journal.resource('outer'), () => catching.pipe(use(() => NEVER)))
        .subscribe(journal.observer())
        .unsubscribe();
      expect(journal.lines).toEqual(['+outer', 'caught', '-outer unsubscribe']);
    });
  });

  describe('suppress', () => {
    it('suppresses what it names, by class or by predicate, and lets the rest pass', async () => {
      const source = fromValue(1);
      const ranged = (): Observable<never> => throwError(() => new RangeError('range'));
      expect(await outcomeOf(source.pipe(suppress(RangeError)), ranged)).toEqual(suppressed);
      expect(await outcomeOf(source.pipe(suppress(RangeError)), failing)).toEqual(passes);
      expect(await outcomeOf(source.pipe(suppress((error) => error === boom)), failing)).toEqual(suppressed);
      expect(await outcomeOf(source.pipe(suppress(() => false)), failing)).toEqual(passes);
    });
  });

  describe('where the exit is given by hand', () => {
    const source = resource({ acquire: () => 1, exit: () => true });

    it('a lease answers true only when something was suppressed', async () => {
      expect(await (await lease(source)).release({ kind: 'error', error: boom })).toBe(true);
      expect(await (await lease(source)).release()).toBe(false);
      expect(await (await lease(source)).release({ kind: 'unsubscribe' })).toBe(false);
    });

    it('a stack answers true only when something was suppressed', async () => {
      for (const [exit, answer] of [
        [{ kind: 'error', error: boom }, true],
        [{ kind: 'complete' }, false],
        [{ kind: 'unsubscribe' }, false],
      ] as const) {
        const stack = new ExitStack();
        stack.push(() => true);
        expect(await stack.close(exit)).toBe(answer);
      }
    });
  });
});
