import { of, Subject } from 'rxjs';
import { bufferedValuesFrom, eachValueFrom, latestValueFrom, nextValueFrom } from '../../lib/index.js';
import { microtasks } from '../support/microtasks.js';

/** What a loop sees that is busy while 2 and 3 come. */
async function seen(iterate: (source: Subject<number>) => AsyncGenerator<unknown, void, unknown>): Promise<unknown[]> {
  const subject = new Subject<number>();
  const iterator = iterate(subject);
  const first = iterator.next();
  subject.next(1);
  const values: unknown[] = [(await first).value];
  subject.next(2);
  subject.next(3);
  await microtasks();
  const second = iterator.next();
  await microtasks();
  subject.next(4);
  values.push((await second).value);
  await iterator.return();
  expect(subject.observed).toBe(false);
  return values;
}

// Next to rxjs-for-await: spec/property/for-await-oracle.property.spec.ts and defects-for-await.spec.ts.
describe('eachValueFrom', () => {
  it('answers every value, one by one', async () => {
    await expect(seen(eachValueFrom)).resolves.toEqual([1, 2]);
  });
});

describe('bufferedValuesFrom', () => {
  it('answers every value, in arrays of what has come meanwhile', async () => {
    await expect(seen(bufferedValuesFrom)).resolves.toEqual([[1], [2, 3]]);
  });
});

describe('latestValueFrom', () => {
  it('answers the newest value', async () => {
    await expect(seen(latestValueFrom)).resolves.toEqual([1, 3]);
  });
});

describe('nextValueFrom', () => {
  it('answers the first value that comes after it has been asked', async () => {
    await expect(seen(nextValueFrom)).resolves.toEqual([1, 4]);
  });
});

it.each([[eachValueFrom], [bufferedValuesFrom], [latestValueFrom], [nextValueFrom]])(
  '%p answers an iterator, which can be gone through once',
  async (iterate) => {
    const iterator = iterate(of(1));
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    for await (const value of iterator) expect([value].flat()).toEqual([1]);
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  },
);
