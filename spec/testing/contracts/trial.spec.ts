import { config, NEVER } from 'rxjs';
import { resource, settled } from '../../../lib/index.js';
import { ContractError } from '../../../lib/testing/contracts/contract-error.js';
import { Trial } from '../../../lib/testing/contracts/trial.js';
import { takeUnhandledErrors } from '../../../lib/testing/jest/index.js';
import { rejection } from '../../support/rejection.js';

describe('Trial', () => {
  const run = (test: (trial: Trial) => Promise<void> | void): Promise<void> =>
    Trial.run({ patience: 20 }, async (trial) => trial, test);
  const boom = new Error('boom');

  it('passes where nothing is left behind', async () => {
    await expect(run(() => undefined)).resolves.toBeUndefined();
  });

  it('says which law is broken, what was expected and what happened', async () => {
    const failure = await rejection(run((trial) => { trial.check(36, false, 'two', 'three'); })); // prettier-ignore
    expect(failure).toBeInstanceOf(ContractError);
    expect(failure).toMatchObject({ name: 'ContractError', code: 'RXSCOPE_CONTRACT', law: 36, expected: 'two', actual: 'three' }); // prettier-ignore
    expect((failure as Error).message).toBe(
      'Law 36 is broken: a pool never holds more than max, counting what is being made and destroyed.\n' +
        '  expected  two\n' +
        '  actual    three',
    );
  });

  it('finds a scope that is open at the end, and leaves what it was told to', async () => {
    const part = resource({ name: 'part', acquire: () => 1 });
    const failure = await rejection(run((trial) => { trial.keep(part.subscribe()); })); // prettier-ignore
    expect(failure).toMatchObject({ law: 1, actual: 'part (held), 20 ms after' });
  });

  it('takes what is opened in the beginning for a part of what is under test', async () => {
    const subscription = resource({ acquire: () => 1 });
    await expect(
      Trial.run({}, async (trial) => trial.keep(subscription.subscribe()), () => undefined),
    ).resolves.toBeUndefined(); // prettier-ignore
  });

  it('finds an error that nobody handled, and puts RxJS back', async () => {
    const { onUnhandledError } = config;
    const part = resource({ acquire: () => 1, release: () => { throw boom; } }); // prettier-ignore
    const failure = await rejection(run(() => { part.subscribe().unsubscribe(); })); // prettier-ignore
    expect(failure).toMatchObject({ law: 1, expected: 'no error that nobody handled', cause: boom });
    expect(config.onUnhandledError).toBe(onUnhandledError);
    expect(await takeUnhandledErrors()).toEqual([]);
  });

  it('explains another failure by such an error', async () => {
    const part = resource({ acquire: () => 1, release: () => { throw boom; } }); // prettier-ignore
    const failure = await rejection(
      run(async (trial) => {
        part.subscribe().unsubscribe();
        await trial.until(1, () => false, 'all', () => 'nothing'); // prettier-ignore
      }),
    );
    expect(failure).toMatchObject({ actual: 'nothing, 20 ms after; nobody handled Error: boom', cause: boom });
  });

  it('waits for a promise, and finds one that does not settle or rejects', async () => {
    await run(async (trial) => {
      await expect(trial.within(1, Promise.resolve('answer'), 'an answer')).resolves.toBe('answer');
    });
    const never = run((trial) => trial.within(1, new Promise<void>(() => undefined), 'an answer'));
    await expect(never).rejects.toMatchObject({ expected: 'an answer', actual: 'it has not settled, 20 ms after' });
    const rejecting = run((trial) => trial.within(1, Promise.reject(boom), 'an answer'));
    await expect(rejecting).rejects.toMatchObject({ actual: 'it rejected with Error: boom', cause: boom });
  });

  it('does not wait for what ran in the background before', async () => {
    let finish = (): void => undefined;
    const slow = resource({ acquire: () => 1, release: () => new Promise<void>((resolve) => (finish = resolve)) });
    slow.subscribe().unsubscribe();
    await expect(run(() => undefined)).resolves.toBeUndefined();
    finish();
    await settled();
  });

  it('gives up a lease that does not come, and gives back one that did', async () => {
    const stuck = resource({ acquire: () => NEVER, interruptible: true });
    await expect(run((trial) => trial.lease(5, stuck, 'it').then(() => undefined))).rejects.toMatchObject({ law: 5 });
    const log: string[] = [];
    const part = resource({ acquire: () => 1, release: () => log.push('released') });
    await expect(run((trial) => trial.lease(5, part, 'it').then(() => undefined))).rejects.toMatchObject({ law: 1 });
    expect(log).toEqual(['released']);
  });

  it('passes on what else a test fails with', async () => {
    await expect(run(() => { throw boom; })).rejects.toBe(boom); // prettier-ignore
  });
});
