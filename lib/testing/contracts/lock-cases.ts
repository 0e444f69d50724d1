import { catchError, EMPTY, NEVER } from 'rxjs';

import { using, type Resource } from '../../core/index.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import { Crowd, type Guest } from './crowd.js';
import type { Trial } from './trial.js';
import { Visit } from './visit.js';

/** A lock under test. */
export interface LockView {
  readonly trial: Trial;
  readonly lock: Resource<unknown>;
  readonly permits: number;
  /** How many wait by its own count; null where it does not say. */
  waiting(this: void): number | null;
}

export function crowdOf({ trial, lock }: LockView): Crowd<unknown> {
  return new Crowd(trial, lock, 35);
}

/** Letting in and out. */
export function lockCases(isFair: boolean, isSynchronous: boolean): readonly CaseOf<LockView>[] {
  return [
    { title: 'lets in as many as there are permits, and nobody else (law 35)', test: excludes },
    { title: 'serves those who wait in order of arrival (law 35)', test: serves, when: isFair },
    { title: 'takes nothing before it is subscribed (law 5)', test: takesNothing },
    { title: 'is let go on completion, error and unsubscribe (law 1)', test: (view) => isLetGo(view) },
    { title: 'is let go where the body cannot even be made (law 1)', test: throwing },
    { title: 'is let go once by a lease that is released twice (law 26)', test: leasedTwice },
    { title: 'is taken and let go inside subscribe where it is free (law 17)', test: isSync, when: isSynchronous },
    { title: 'is handed over inside the tick in which it is let go (law 17)', test: handsOver, when: isSynchronous },
    { title: 'serves a long line of guests that go at once (law 6)', test: (view) => serveLine(view, isSynchronous) },
  ];
}

async function excludes(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  const { permits } = view;
  await crowd.fill(permits);
  const more = [crowd.arrive(), crowd.arrive()];
  await turn();
  const early = more.filter(({ given }) => given !== null).length;
  view.trial.check(35, early === 0, `${permits} inside, the others waiting`, `${permits + early} inside`);
  await assertWaiting(view, 2);
  await crowd.empty();
  crowd.assertPeak(permits);
  await assertWaiting(view, 0);
}

async function serves(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  await crowd.fill(view.permits);
  for (let i = 0; i < 5; i++) {
    crowd.arrive();
    await turn(); // a lock that is elsewhere sees them in this order too
  }
  await crowd.empty();
  crowd.assertOrder();
}

async function takesNothing(view: LockView): Promise<void> {
  const scope = using(view.lock, () => NEVER);
  await turn();
  const crowd = new Crowd(view.trial, view.lock, 5);
  await crowd.fill(view.permits);
  await crowd.empty();
  view.trial.keep(scope.subscribe()).unsubscribe();
}

async function isLetGo(view: LockView): Promise<void> {
  const { trial, permits } = view;
  const ways: readonly (readonly [string, (guest: Guest<unknown>) => void])[] = [
    ['completion', (guest) => guest.complete()],
    ['an error', (guest) => guest.fail(new Error('of the body'))],
    ['unsubscribe', (guest) => guest.leave()],
  ];
  const crowd = crowdOf(view);
  for (const [way, end] of ways) {
    const guests = await crowd.fill(permits);
    const next = crowd.arrive();
    guests.forEach(end);
    await crowd.served(next, `after ${way}`);
    await crowd.empty();
    trial.check(1, crowd.inside.length === 0, `nobody inside after ${way}`, `${crowd.inside.length} are`);
  }
}

async function throwing(view: LockView): Promise<void> {
  const failing = using(view.lock, () => {
    throw new Error('of the body');
  }).pipe(catchError(() => EMPTY));
  for (let i = 0; i <= view.permits; i++) await new Visit(view.trial).subscribe(failing).over('complete', 1);
  const crowd = crowdOf(view);
  await crowd.fill(view.permits);
  await crowd.empty();
}

async function leasedTwice(view: LockView): Promise<void> {
  const { trial, lock, permits } = view;
  const held = await trial.lease(35, lock, 'a lease of a lock that is free');
  await trial.within(26, Promise.all([held.release(), held.release()]), 'both release() to answer');
  await trial.within(26, held.release(), 'a later release() to answer');
  const crowd = crowdOf(view);
  await crowd.fill(permits);
  const more = crowd.arrive();
  await turn();
  trial.check(26, more.given === null, `${permits} permits after a second release()`, `${permits + 1} are inside`);
  await crowd.empty();
}

function isSync(view: LockView): void {
  const crowd = crowdOf(view);
  const guest = crowd.arrive();
  view.trial.check(17, guest.given !== null, 'a free lock taken inside subscribe', 'it is not');
  guest.complete();
  view.trial.check(17, guest.isOver, 'the lock let go inside the completion of the body', 'it is not');
}

async function handsOver(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  const [first] = await crowd.fill(view.permits);
  const next = crowd.arrive();
  first?.complete();
  view.trial.check(17, next.given !== null, 'the next one let in inside the call that lets go', 'it waits');
  await crowd.empty();
}

async function serveLine(view: LockView, isSynchronous: boolean): Promise<void> {
  const length = isSynchronous ? LONG : SHORT;
  const crowd = crowdOf(view);
  const guests = await crowd.fill(view.permits);
  const line = Array.from({ length: length }, () => crowd.arrive((guest) => guest.leave()));
  for (const guest of guests) guest.complete();
  const served = (): number => line.filter(({ given }) => given !== null).length;
  await view.trial.until(6, () => served() === length, `${length} guests served`, () => `${served()} were`); // prettier-ignore
  await crowd.empty();
  await assertWaiting(view, 0);
}

const LONG = 10_000;
const SHORT = 100; // each may be a request to somewhere else

export function assertWaiting({ trial, waiting }: LockView, count: number): Promise<void> {
  const actual = (): number => waiting() ?? count;
  return trial.until(35, () => actual() === count, `${count} waiting by its own count`, () => `${actual()} are`); // prettier-ignore
}
