import { concat, NEVER, of, repeat, Subject, throwError, type Observable } from 'rxjs';

import { onExit, using, type Exit } from '../../core/index.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import { HeldView, type Moment } from './held-view.js';
import type { Trial } from './trial.js';
import { describeExit, Visit } from './visit.js';

const ROUNDS = 20;

type Failing = (error: Error) => Observable<number>;

/** What a scope looks like from its beginning to its end, however that comes. */
export function resourceEnds<T>(suppresses: boolean, isSynchronous: boolean): readonly CaseOf<HeldView<T>>[] {
  return [
    { title: 'acquires nothing before it is subscribed (law 5)', test: acquiresNothing },
    { title: 'is held while the body runs (law 2)', test: isHeld },
    { title: 'is released before the consumer is told completion (laws 1 and 3)', test: (view) => ends(view) },
    {
      title: 'is released before the consumer is told the error of the body (laws 1 and 3)',
      test: (view) => fails(view, suppresses, (error) => throwError(() => error)),
    },
    {
      title: 'is released where the body cannot even be made (law 1)',
      test: (view) =>
        fails(view, suppresses, (error) => {
          throw error;
        }),
    },
    { title: 'is released before the next one is acquired, many times in a row (law 3)', test: repeats },
    { title: 'tells its release how the scope ended (law 7)', test: (view) => tellsExits(view, suppresses) },
    { title: 'acquires, runs and releases inside subscribe (law 17)', test: isSync, when: isSynchronous },
  ];
}

async function acquiresNothing<T>(view: HeldView<T>): Promise<void> {
  const before = view.opened ?? 0;
  const made = [view.scope(() => NEVER), view.subject.resource.pipe(onExit(() => undefined))];
  await turn();
  view.assertOpened(5, before, `where ${made.length} scopes are described and none is subscribed`);
  view.trial.check(5, before === 0, 'nothing acquired where it is made', `acquired ${before} times`);
}

async function isHeld<T>(view: HeldView<T>): Promise<void> {
  const body = new Subject<number>();
  const visit = view.visit(() => body);
  await view.entered(1);
  view.assertOpened(1, 1, 'for one subscription');
  await view.assertHeld(0, 2, 'while the body runs');
  body.next(1);
  await turn();
  await view.assertHeld(0, 2, 'while the body runs');
  body.complete();
  await visit.over('complete');
}

async function ends<T>(view: HeldView<T>): Promise<void> {
  const moments: Moment[] = [];
  const visit = view.visit(
    () => of(1, 2),
    () => moments.push(view.moment()),
  );
  await visit.over('complete');
  view.trial.check(2, visit.values.length === 2, 'both values of the body', `${visit.values.length} values`);
  await view.assertReleased(3, 'when the consumer is told completion', moments[0]);
  view.assertOpened(1, 1, 'for one subscription');
}

async function fails<T>(view: HeldView<T>, suppresses: boolean, body: Failing): Promise<void> {
  const error = new Error('of the body');
  const moments: Moment[] = [];
  const visit = view.visit(
    () => body(error),
    () => moments.push(view.moment()),
  );
  await visit.over(suppresses ? 'complete' : 'error');
  await view.assertReleased(3, 'when the consumer is told the error', moments[0]);
  const { end } = visit;
  const isSame = end?.kind !== 'error' || end.error === error;
  view.trial.check(8, isSame, 'the identical error of the body', describeEnd(end));
}

async function repeats<T>(view: HeldView<T>): Promise<void> {
  const before: Moment[] = [];
  const scope = view.scope(() => {
    before.push(view.moment());
    return of(1);
  });
  const visit = new Visit<number>(view.trial).subscribe(scope.pipe(repeat(ROUNDS)));
  await visit.over('complete');
  view.assertOpened(5, ROUNDS, `for ${ROUNDS} subscriptions`);
  const overlapping = before.find(({ opened, closed }) => opened > 0 && opened !== closed + 1);
  const actual = `acquired ${overlapping?.opened ?? 0} times, released ${overlapping?.closed ?? 0} times`;
  view.trial.check(3, overlapping === undefined, 'one at a time where one follows the other', actual);
}

async function tellsExits<T>(view: HeldView<T>, suppresses: boolean): Promise<void> {
  const { trial, subject } = view;
  const error = new Error('of the body');
  const seen: Exit[] = [];
  const told = subject.resource.pipe(onExit((exit) => seen.push(exit)));
  const visit = (body: Observable<number>): Visit<number> =>
    new Visit<number>(trial).subscribe(using(told, () => body));
  await visit(of(1)).over('complete');
  await visit(throwError(() => error)).over(suppresses ? 'complete' : 'error');
  const left = visit(concat(of(1), NEVER));
  await left.value();
  left.leave();
  await trial.rest();
  const [complete, unsubscribe]: readonly Exit[] = [{ kind: 'complete' }, { kind: 'unsubscribe' }];
  const exits = [complete, { kind: 'error', error }, unsubscribe] as readonly Exit[];
  compare(trial, subject.exits?.() ?? exits, exits);
  compare(trial, seen, suppresses ? ([complete, complete, unsubscribe] as readonly Exit[]) : exits);
}

function compare(trial: Trial, actual: readonly Exit[], expected: readonly Exit[]): void {
  const [told, wanted] = [actual, expected].map((exits) => exits.map(describeExit).join(', '));
  const errors = (exits: readonly Exit[]): unknown[] =>
    exits.map((exit) => (exit.kind === 'error' ? exit.error : null));
  const isSame = told === wanted && errors(actual).every((error, index) => error === errors(expected)[index]);
  trial.check(7, isSame, `told ${wanted ?? ''}`, told === wanted ? 'another error' : `told ${told ?? ''}`);
}

function isSync<T>(view: HeldView<T>): void {
  const visit = view.visit(() => of(1));
  const actual = `${visit.values.length} values and ${describeEnd(visit.end)} when subscribe returns`;
  view.trial.check(17, visit.end?.kind === 'complete', 'a value and the end inside subscribe', actual);
  const { opened, closed } = view.moment();
  view.trial.check(17, opened === closed, 'released inside subscribe', `acquired ${opened}, released ${closed} times`);
}

function describeEnd(end: Exit | null): string {
  return end === null ? 'no end' : describeExit(end);
}
