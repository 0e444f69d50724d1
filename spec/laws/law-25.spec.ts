import { NEVER, of, throwError } from 'rxjs';
import { GeneratorProtocolError, resource, UnsubscribedError, using, type Resource } from '../../lib/index.js';
import { describeError, Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 25: a generator', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  describe('that is unsubscribed while the code before the yield still runs', () => {
    it('goes on to the yield, where it is thrown the UnsubscribedError; the body never runs', async () => {
      const gate = new Gate();
      const slow = resource(async function* ({ signal }) {
        journal.note('before');
        await gate.promise;
        journal.note(`at the yield, aborted: ${String(signal.aborted)}`);
        try {
          yield 1;
          journal.note('commit');
        } catch (error) {
          journal.note(`rollback ${String(error instanceof UnsubscribedError)}`);
        } finally {
          journal.note('close');
        }
      });
      using(slow, () => (journal.note('body'), NEVER))
        .subscribe(journal.observer())
        .unsubscribe();
      await nextMacrotask();
      expect(journal.take()).toEqual(['before']);
      gate.open();
      expect(await reported()).toEqual([]);
      expect(journal.take()).toEqual(['at the yield, aborted: true', 'rollback true', 'close']);
    });

    it('and fails before it gets there: that is reported, and nothing is released', async () => {
      const gate = new Gate();
      const failing = resource(async function* () {
        await gate.promise;
        yield 1;
      });
      using(failing, () => NEVER)
        .subscribe()
        .unsubscribe();
      gate.fail(boom);
      expect(await reported()).toEqual(['boom']);
    });
  });

  describe.each([
    ['synchronous', () => resource<number>(function* () {})],
    ['asynchronous', () => resource<number>(async function* () {})],
  ])('that never yields, %s', (_, make: () => Resource<number>) => {
    it('fails to enter with a GeneratorProtocolError', async () => {
      const told: unknown[] = [];
      using(make(), () => of(1)).subscribe({ error: (error: unknown) => told.push(error) });
      await nextMacrotask();
      expect(told).toHaveLength(1);
      expect(told[0]).toBeInstanceOf(GeneratorProtocolError);
      expect(told[0]).toMatchObject({ code: 'RXSCOPE_GENERATOR_PROTOCOL', resource: 'resource' });
    });

    it('is a failure to enter for those around it', async () => {
      using(journal.resource('outer'), () => using(make(), () => of(1))).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.lines).toEqual(['+outer', '-outer error GeneratorProtocolError', 'error GeneratorProtocolError']);
    });
  });

  describe.each([
    ['synchronous', (note: (line: string) => void) => resource<number>(function* () { try { yield 1; } catch { note('caught'); } try { yield 2; note('not reached'); } finally { note('finally'); } })], // prettier-ignore
    ['asynchronous', (note: (line: string) => void) => resource<number>(async function* () { try { yield 1; } catch { note('caught'); } try { yield 2; note('not reached'); } finally { await Promise.resolve(); note('finally'); } })], // prettier-ignore
  ])('that yields twice, %s', (_, make) => {
    const source = (): Resource<number> =>
      make((line) => {
        journal.note(line);
      });

    it('is closed, then fails with a GeneratorProtocolError', async () => {
      using(source(), () => of('value')).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.lines).toEqual(['next value', 'finally', 'error GeneratorProtocolError']);
    });

    it('after an error of the body fails with both', async () => {
      using(source(), () => throwError(() => boom)).subscribe(journal.observer());
      await nextMacrotask();
      expect(journal.lines).toEqual(['caught', 'finally', 'error S(GeneratorProtocolError, boom)']);
    });

    it('after unsubscribe is closed, and the GeneratorProtocolError reported', async () => {
      const subscription = using(source(), () => NEVER).subscribe();
      await nextMacrotask();
      subscription.unsubscribe();
      expect(await reported()).toEqual(['GeneratorProtocolError']);
      expect(journal.lines).toEqual(['caught', 'finally']);
    });
  });

  it('that yields twice and whose finally throws fails with both', async () => {
    const failing = resource(async function* () {
      yield 1;
      try {
        yield 2;
      } finally {
        throw boom; // eslint-disable-line no-unsafe-finally
      }
    });
    const told: unknown[] = [];
    using(failing, () => of(1)).subscribe({ error: (error: unknown) => told.push(error) });
    await nextMacrotask();
    expect(told.map(describeError)).toEqual(['S(boom, GeneratorProtocolError)']);
  });

  it('that is no generator function fails to enter with a TypeError', () => {
    const none = resource((() => 1) as never);
    using(none, () => of(1)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error TypeError']);
  });
});
