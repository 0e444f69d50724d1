import { TestScheduler } from 'rxjs/testing';
import { LATE, within } from '../../../lib/adapters/postgres/within.js';
import { Gate } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';

describe('within', () => {
  const scheduler = (): TestScheduler => new TestScheduler(() => undefined);

  it('answers and fails as the promise does', async () => {
    expect(await within(Promise.resolve(1), 10)).toBe(1);
    expect(await rejection(within(Promise.reject(new Error('boom')), 10))).toMatchObject({ message: 'boom' });
  });

  it('says when it is late, and what comes after that is nobody’s', async () => {
    const gate = new Gate();
    const time = scheduler();
    const waiting = within(gate.promise, 10, time);
    time.flush();
    expect([await waiting, time.frame]).toEqual([LATE, 10]);
    gate.fail(new Error('too late'));
  });

  it('leaves no timer behind, and takes none without a limit', async () => {
    const time = scheduler();
    await within(Promise.resolve(), 10, time);
    await rejection(within(Promise.reject(new Error('boom')), 10, time));
    await within(Promise.resolve(), Infinity, time);
    time.flush();
    expect(time.frame).toBe(0);
  });
});
