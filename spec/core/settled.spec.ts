import { NEVER, of } from 'rxjs';
import { fromValue, resource, settled, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { Gate, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

const boom = new Error('boom');

describe('settled', () => {
  it('resolves where nothing runs in the background', async () => {
    await expect(settled()).resolves.toBeUndefined();
  });

  it('waits for every release in the background (law 12)', async () => {
    const journal = new Journal();
    const gates = [new Gate(), new Gate()];
    for (const gate of gates)
      resource({ acquire: () => 1, release: () => gate.promise })
        .subscribe()
        .unsubscribe();
    const waiting = settled().then(() => journal.note('settled'));
    gates[0]?.open();
    await microtasks();
    expect(journal.lines).toEqual([]);
    gates[1]?.open();
    await waiting;
    expect(journal.lines).toEqual(['settled']);
  });

  it('waits for an acquire in the background, and the release that follows (law 12)', async () => {
    const journal = new Journal();
    const acquired = new Gate<string>();
    const released = new Gate();
    const source = journal.resource('a', { acquire: () => acquired.promise, release: () => released.promise });
    source.subscribe().unsubscribe();
    const waiting = settled().then(() => journal.note('settled'));
    acquired.open('late');
    await microtasks();
    expect(journal.take()).toEqual(['+a', '+a ok', '-a unsubscribe']);
    released.open();
    await waiting;
    expect(journal.take()).toEqual(['-a ok', 'settled']);
  });

  it('does not wait for what is held, or for a release that its consumer waits for', async () => {
    const held = fromValue(1).subscribe();
    const released = new Gate();
    const journal = new Journal();
    const releasing = resource({ acquire: () => 1, release: () => released.promise });
    using(releasing, () => of(1)).subscribe(journal.observer());
    await settled();
    expect(journal.lines).toEqual(['next 1']);
    released.open();
    await microtasks();
    expect(journal.lines).toEqual(['next 1', 'complete']);
    held.unsubscribe();
  });

  it('takes no failure and never rejects (law 12)', async () => {
    resource({ acquire: () => 1, release: () => Promise.reject(boom) })
      .subscribe()
      .unsubscribe();
    await expect(settled()).resolves.toBeUndefined();
    expect(await takeUnhandledErrors()).toEqual([boom]);
  });

  it('answers everybody who asked', async () => {
    const released = new Gate();
    const journal = new Journal();
    using(resource({ acquire: () => 1, release: () => released.promise }), () => NEVER)
      .subscribe()
      .unsubscribe();
    const all = ['first', 'second'].map((name) => settled().then(() => journal.note(name)));
    released.open();
    await Promise.all(all);
    expect(journal.lines).toEqual(['first', 'second']);
  });

  it('waits for the async generator of a body that was left (law 32)', async () => {
    const journal = new Journal();
    const cleaned = new Gate();
    const body = async function* (): AsyncGenerator<number> {
      try {
        yield 1;
      } finally {
        await cleaned.promise;
        journal.note('cleaned');
      }
    };
    const subscription = using(fromValue(1), body).subscribe();
    await microtasks();
    subscription.unsubscribe();
    const waiting = settled().then(() => journal.note('settled'));
    cleaned.open();
    await waiting;
    expect(journal.lines).toEqual(['cleaned', 'settled']);
  });
});
