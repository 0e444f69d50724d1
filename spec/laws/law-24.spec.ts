import { NEVER, of } from 'rxjs';
import { resource, UnsubscribedError, using, type Resource } from '../../lib/index.js';
import { Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

type Caught = (error: unknown) => void;
type Note = (line: string) => void;

const kinds: readonly [string, (note: Note, caught: Caught) => Resource<string>][] = [
  ['a generator', (note, caught) => resource(function* () { try { yield 'tx'; note('commit'); } catch (error) { note('rollback'); caught(error); } finally { note('close'); } }, { name: 'tx' })], // prettier-ignore
  ['an async generator', (note, caught) => resource(async function* () { try { yield 'tx'; note('commit'); } catch (error) { await Promise.resolve(); note('rollback'); caught(error); } finally { note('close'); } }, { name: 'tx' })], // prettier-ignore
];

describe.each(kinds)('law 24: unsubscribing, in %s,', (_, make) => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const leave = async (caught: Caught): Promise<string[]> => {
    const source = make((line) => {
      journal.note(line);
    }, caught);
    const subscription = using(journal.resource('outer'), () => using(source, () => NEVER)).subscribe(
      journal.observer(),
    );
    await nextMacrotask();
    subscription.unsubscribe();
    await nextMacrotask();
    return journal.take();
  };

  it('throws an UnsubscribedError in at the yield: catch and finally run, code meant for success does not', async () => {
    const errors: unknown[] = [];
    expect(await leave((error) => errors.push(error))).toEqual(['+outer', 'rollback', 'close', '-outer unsubscribe']);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(UnsubscribedError);
    expect(errors[0]).toMatchObject({ name: 'UnsubscribedError', resource: 'tx', code: 'RXSCOPE_UNSUBSCRIBED' });
  });

  it('swallowing it is fine: nothing is reported', async () => {
    await leave(() => undefined);
    expect(await reported()).toEqual([]);
  });

  it('rethrowing it is fine: nothing is reported, and the scopes around exit with `unsubscribe`', async () => {
    const lines = await leave((error) => {
      throw error;
    });
    expect(lines.at(-1)).toBe('-outer unsubscribe');
    expect(await reported()).toEqual([]);
  });

  it('another error is a failure of the release', async () => {
    const lines = await leave(() => {
      throw new Error('rollback failed');
    });
    expect(lines.at(-1)).toBe('-outer error rollback failed');
    expect(await reported()).toEqual(['rollback failed']);
  });

  it('completion runs the code meant for success instead', async () => {
    const source = make(
      (line) => {
        journal.note(line);
      },
      () => undefined,
    );
    using(source, () => of(1)).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take()).toEqual(['next 1', 'commit', 'close', 'complete']);
  });
});

describe('law 24: a generator without a catch', () => {
  it('has its finally run, and nothing is reported', async () => {
    const journal = new Journal();
    for (const source of [
      resource(function* () { try { yield 1; journal.note('commit'); } finally { journal.note('close'); } }), // prettier-ignore
      resource(async function* () { try { yield 1; journal.note('commit'); } finally { journal.note('close'); } }), // prettier-ignore
    ]) {
      const subscription = using(source, () => NEVER).subscribe();
      await nextMacrotask();
      subscription.unsubscribe();
    }
    expect(await reported()).toEqual([]);
    expect(journal.lines).toEqual(['close', 'close']);
  });

  it('is told the very reason of its signal, where that has been read', () => {
    const seen: unknown[] = [];
    const source = resource(function* ({ signal }) {
      try {
        yield 1;
      } catch (error) {
        seen.push(error === signal.reason);
      }
    });
    using(source, () => NEVER)
      .subscribe()
      .unsubscribe();
    expect(seen).toEqual([true]);
  });
});
