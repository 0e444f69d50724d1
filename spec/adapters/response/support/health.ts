import { TestScheduler } from 'rxjs/testing';

/** Time that stands still until it is told to pass: up to 750 ms, as far as this scheduler goes. */
export const frozen = (): TestScheduler => new TestScheduler(() => undefined);

/** What a health route answers. The connection is not kept. */
export async function ask(address: string, path: string): Promise<[number, unknown]> {
  const answer = await fetch(`${address}${path}`, { headers: { connection: 'close' } });
  return [answer.status, await answer.json()];
}

/** Checks of which two fail, each in its way. */
export const someFail = {
  fine: (): string => 'anything',
  thrown: (): never => {
    throw new Error('secret');
  },
  rejected: (): Promise<never> => Promise.reject(new Error('secret')),
};
