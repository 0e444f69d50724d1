import { of } from 'rxjs';
import { lastValue, lease, resource, using, type Resource } from '../../lib/index.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 22: of a generator', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const sync = (): Resource<string> =>
    resource(function* () {
      journal.note('before');
      const answer: unknown = yield 'handle';
      journal.note(`after, given ${String(answer)}`);
    });
  const async = (): Resource<string> =>
    resource(async function* () {
      journal.note('before');
      await Promise.resolve();
      journal.note('still before');
      yield 'handle';
      journal.note('after');
      await Promise.resolve();
      journal.note('still after');
    });

  it('nothing runs before subscribe', () => {
    void sync();
    void async();
    expect(journal.lines).toEqual([]);
  });

  it('code before the first yield enters, the yielded value is the handle, code after it releases', () => {
    using(sync(), (handle) => of(handle)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['before', 'next handle', 'after, given undefined', 'complete']);
  });

  it('the same with an async generator, both parts awaited', async () => {
    await lastValue(using(async(), (handle) => (journal.note(`body with ${handle}`), of(1))));
    expect(journal.lines).toEqual(['before', 'still before', 'body with handle', 'after', 'still after']);
  });

  it('the consumer is told the end after all of it', async () => {
    const gate = new Gate();
    const slow = resource(async function* () {
      yield 1;
      await gate.promise;
    });
    using(slow, () => of(1)).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.take()).toEqual(['next 1']);
    gate.open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['complete']);
  });

  it('each scope runs it anew', () => {
    const source = sync();
    using(source, () => of(1)).subscribe();
    using(source, () => of(1)).subscribe();
    expect(journal.lines.filter((line) => line === 'before')).toHaveLength(2);
  });

  it('a yielded promise of an async generator is unwrapped by the language, an undefined is a handle', async () => {
    expect(await lastValue(using(resource(async function* () { yield Promise.resolve(7); }), (value) => of(value)))).toBe(7); // prettier-ignore
    expect(await lastValue(using(resource(function* () { yield undefined; }), (value) => of(String(value))))).toBe('undefined'); // prettier-ignore
  });

  it('an error before the yield is a failure to enter: code after it does not run', async () => {
    const boom = new Error('boom');
    const failing = resource(function* () {
      if (journal.lines.length === 0) throw boom;
      yield 1;
      journal.note('after');
    });
    await expect(lastValue(using(failing, () => of(1)))).rejects.toBe(boom);
    expect(journal.lines).toEqual([]);
  });

  it('it holds for a lease', async () => {
    const held = await lease(async());
    expect(held.value).toBe('handle');
    expect(journal.take()).toEqual(['before', 'still before']);
    await held.release();
    expect(journal.take()).toEqual(['after', 'still after']);
  });
});
