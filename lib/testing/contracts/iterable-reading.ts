import { take, toArray } from 'rxjs';

import { firstValue, lastValue } from '../../core/index.js';
import { fromAsyncIterable } from '../../interop/index.js';
import { equals } from '../equals.js';
import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { IterableView } from './iterable-view.js';

const MOST = 100;

/** What an iteration looks like where it is not left early. */
export function iterableReading<T>(
  isEager: boolean,
  isOnce: boolean,
  isConcurrent: boolean,
): readonly CaseOf<IterableView<T>>[] {
  return [
    { title: 'gives its values, and is done after them for ever (law 33)', test: reads },
    { title: 'begins at the first next(), not before (law 33)', test: begins, when: !isEager },
    { title: 'answers several next() at a time in order (law 33)', test: readsAhead, when: isConcurrent },
    {
      title: 'can be iterated twice, at the same time too: these are two runs (law 33)',
      test: readsTwice,
      when: !isOnce,
    },
    { title: 'fails once, after its values, and is done then (law 33)', test: fails },
    { title: 'is an observable that completes after its cleanup (law 32)', test: isObservable },
    { title: 'is an observable that can be left (law 32)', test: isObservableLeft },
  ];
}

async function reads<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  const values = await run.take(MOST);
  view.assertValues(values);
  if (values.length < MOST) view.assertClosed('when it is done');
  else await run.return();
  await run.assertDone('at the end');
}

async function begins<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await turn();
  view.assertNotBegun('before the first next()');
  await run.next();
  await run.return();
}

async function readsAhead<T>(view: IterableView<T>): Promise<void> {
  const { trial } = view;
  const run = view.run();
  const settled: number[] = [];
  const count = (view.subject.values?.length ?? 2) + 1;
  const asked = Array.from({ length: count }, (_, index) =>
    run.iterator.next().then((result) => {
      settled.push(index);
      return result;
    }),
  );
  const results = await trial.within(33, Promise.all(asked), `${count} next() at a time answered`);
  const isOrdered = settled.every((index, place) => index === place);
  trial.check(33, isOrdered, 'next() answered in the order of the calls', `call ${settled.join(', ')}`);
  if (view.subject.values !== undefined) {
    view.assertValues(results.filter(({ done }) => done !== true).map(({ value }) => value));
  }
  await run.return();
}

async function readsTwice<T>(view: IterableView<T>): Promise<void> {
  const { trial, subject } = view;
  const [first, second] = [view.run(), view.run()];
  trial.check(33, first.iterator !== second.iterator, 'an iterator for each run', 'both are the same');
  const [one] = [await first.take(1), await second.take(1)];
  await first.return();
  const others = await second.take(MOST);
  view.assertValues([...one, ...others]);
  const opened = subject.opened?.() ?? 2;
  trial.check(33, opened === 2, 'two runs begun', `${opened} began`);
  await second.return();
  view.assertClosed('when both are over');
}

async function fails<T>(view: IterableView<T>): Promise<void> {
  const { trial, subject } = view;
  if (subject.failing === undefined) return;
  const run = view.run(subject.failing);
  let last: unknown = null;
  for (let i = 0; i < MOST && !(last instanceof Failure); i++) {
    const asked = run.iterator.next().catch((error: unknown) => new Failure(error));
    last = await view.within(33, asked, 'next() answered');
  }
  trial.check(33, last instanceof Failure, 'a next() that rejects as the source fails', `none of ${MOST} did`);
  view.assertClosed('when it has failed');
  await run.assertDone('after its failure');
}

class Failure {
  constructor(readonly error: unknown) {}
}

async function isObservable<T>(view: IterableView<T>): Promise<void> {
  const { subject } = view;
  const source = fromAsyncIterable(subject.iterable);
  const values = await view.within(32, lastValue(source.pipe(take(MOST), toArray())), 'the observable completes');
  view.assertValues(values);
  view.assertClosed('when the observable has completed');
}

async function isObservableLeft<T>(view: IterableView<T>): Promise<void> {
  const { trial, subject } = view;
  const first = firstValue(fromAsyncIterable(subject.iterable), { defaultValue: null });
  const value = await view.within(32, first, 'a first value');
  const [expected = null] = subject.values ?? [value];
  trial.check(33, equals(value, expected), `the value ${show(expected)}`, show(value));
  view.assertClosed('when the observable has been left');
}
