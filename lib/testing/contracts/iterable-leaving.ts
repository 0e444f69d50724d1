import { fromAsyncIterable } from '../../interop/index.js';
import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { IterableView, Run } from './iterable-view.js';

/** What happens to an iteration that is left. */
export function iterableLeaving<T>(isEager: boolean): readonly CaseOf<IterableView<T>>[] {
  return [
    { title: 'never begins where it is left before the first next() (law 33)', test: leavesUnread, when: !isEager },
    { title: 'is done where it is left before the first next() (law 33)', test: doneUnread },
    { title: 'is cleaned up when return() answers, and is done then (law 33)', test: leavesRead },
    { title: 'is cleaned up after a loop that breaks (law 33)', test: breaks },
    { title: 'is cleaned up after a loop that throws, and keeps its error (law 33)', test: throwsOut },
    { title: 'answers everybody where it is left while next() is pending (law 33)', test: leavesPending },
    { title: 'answers everybody where nothing ever comes (law 33)', test: leavesStalled },
    { title: 'lets return() be called twice, and is cleaned up once (law 33)', test: leavesTwice },
    { title: 'lets return() be called twice at a time (law 33)', test: leavesTwiceAtOnce },
    { title: 'lets return() be called after the end (law 33)', test: leavesEnded },
    { title: 'rejects with the error given to throw(), and is done then (law 33)', test: throwsIn },
    { title: 'is an observable that can be left while it waits (law 32)', test: leavesObservable },
  ];
}

async function leavesUnread<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.return();
  await run.next();
  view.assertNotBegun('where return() came first');
}

async function doneUnread<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await returned(view, run);
  view.assertClosed('when return() has answered');
  await run.assertDone('after return()');
}

async function leavesRead<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.next();
  await returned(view, run);
  view.assertClosed('when return() has answered');
  await run.assertDone('after return()');
}

async function breaks<T>(view: IterableView<T>): Promise<void> {
  const loop = async (): Promise<void> => {
    for await (const value of view.subject.iterable) if (value !== view) break;
  };
  await view.within(33, loop(), 'the loop left');
  view.assertClosed('when the loop is left');
}

async function throwsOut<T>(view: IterableView<T>): Promise<void> {
  const error = new Error('of the loop');
  const loop = async (): Promise<void> => {
    for await (const value of view.subject.iterable) if (value !== view) throw error;
    throw error; // it may be empty
  };
  const failure = await view.within(33, loop().catch(same), 'the loop left');
  view.trial.check(33, failure === error, 'the error of the loop', show(failure));
  view.assertClosed('when the loop is left');
}

async function leavesPending<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await Promise.all([run.next(), run.next(), returned(view, run)]);
  view.assertClosed('when return() has answered');
  await run.assertDone('after return()');
}

async function leavesStalled<T>(view: IterableView<T>): Promise<void> {
  const { stalled } = view.subject;
  if (stalled === undefined) return;
  const run = view.run(stalled);
  const pending = run.next();
  await turn();
  await returned(view, run);
  const { done, value } = await pending;
  view.trial.check(33, done === true, 'the pending next() answered with done', show(value));
  view.assertClosed('when return() has answered');
  await run.assertDone('after return()');
}

async function leavesTwice<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.next();
  await returned(view, run);
  await returned(view, run);
  view.assertClosed('after two return()');
}

async function leavesTwiceAtOnce<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.next();
  await Promise.all([returned(view, run), returned(view, run)]);
  view.assertClosed('after two return() at a time');
}

async function leavesEnded<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.take(100);
  await returned(view, run);
  view.assertClosed('after return() at the end');
  await run.assertDone('after return()');
}

async function throwsIn<T>(view: IterableView<T>): Promise<void> {
  const run = view.run();
  await run.next();
  const { iterator } = run;
  if (iterator.throw === undefined) {
    await run.return();
    return;
  }
  const error = new Error('thrown in');
  const failure = await view.within(33, iterator.throw(error).catch(same), 'throw() answered');
  view.trial.check(33, failure === error, 'throw() rejects with the error given to it', show(failure));
  view.assertClosed('when throw() has answered');
  await run.assertDone('after throw()');
}

async function leavesObservable<T>(view: IterableView<T>): Promise<void> {
  const { trial, subject } = view;
  const subscription = trial.keep(fromAsyncIterable(subject.stalled ?? subject.iterable).subscribe());
  await turn();
  subscription.unsubscribe();
  await trial.rest();
  view.assertClosed('when settled() resolves');
}

async function returned<T>(view: IterableView<T>, run: Run<T>): Promise<void> {
  const { done } = await run.return();
  view.trial.check(33, done === true, 'return() answers done', 'it answered a value');
}

function same(error: unknown): unknown {
  return error;
}
