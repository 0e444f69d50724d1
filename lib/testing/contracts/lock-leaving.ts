import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import { assertWaiting, crowdOf, type LockView } from './lock-cases.js';
import { Random } from './random.js';

const STEPS = 400;

/** Guests that leave the line, at every moment at which they can. */
export function lockLeaving(isFair: boolean, seed: number): readonly CaseOf<LockView>[] {
  const places = ['first', 'second', 'last'];
  return [
    ...places.map((place, index) => ({
      title: `is not taken by one who has left the line, the ${place} in it (law 35)`,
      test: (view: LockView) => leavesLine(view, index),
    })),
    ...['just before', 'just after'].map((when) => ({
      title: `goes to the next one where the first leaves in the tick it is let go, ${when} (law 35)`,
      test: (view: LockView) => sameTick(view, when === 'just before'),
    })),
    { title: 'goes to the next one where the first leaves inside being served (law 35)', test: leavesInside },
    { title: 'goes to the one after where the first, being served, sends the next away (law 35)', test: sendsAway },
    { title: 'has no waiter left where all have left at once (law 35)', test: allLeave },
    { title: `keeps count in ${STEPS} random steps (law 35)`, test: (view) => random(view, isFair, seed) },
  ];
}

async function leavesLine(view: LockView, place: number): Promise<void> {
  const crowd = crowdOf(view);
  const [holder] = await crowd.fill(view.permits);
  const line = [crowd.arrive(), crowd.arrive(), crowd.arrive()];
  await turn();
  line[place]?.leave();
  await turn();
  await assertWaiting(view, 2);
  const [next] = line.filter((_, index) => index !== place);
  holder?.complete();
  if (next !== undefined) await crowd.served(next, 'where another one has left the line');
  await crowd.empty();
  view.trial.check(35, line[place]?.given === null, 'nothing given to one who has left', 'it was served');
  await allFree(view);
}

async function sameTick(view: LockView, isBefore: boolean): Promise<void> {
  const crowd = crowdOf(view);
  const [holder] = await crowd.fill(view.permits);
  const [waiter, next] = [crowd.arrive(), crowd.arrive()];
  await turn();
  if (isBefore) waiter.leave();
  holder?.complete();
  waiter.leave();
  await crowd.served(next, 'where the one before it left in the tick of the handing over');
  await crowd.empty();
  await allFree(view);
}

async function leavesInside(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  const [holder] = await crowd.fill(view.permits);
  crowd.arrive((guest) => guest.leave());
  const next = crowd.arrive();
  holder?.complete();
  await crowd.served(next, 'where the one before it left inside being served');
  await crowd.empty();
  await allFree(view);
}

async function sendsAway(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  const [holder] = await crowd.fill(view.permits);
  crowd.arrive((guest) => {
    sent.leave();
    guest.leave();
  });
  const sent = crowd.arrive();
  const next = crowd.arrive();
  holder?.complete();
  await crowd.served(next, 'where the one before it was sent away by the first');
  await crowd.empty();
  view.trial.check(35, sent.given === null, 'nothing given to one who has left', 'it was served');
  await allFree(view);
}

async function allLeave(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  const holders = await crowd.fill(view.permits);
  const line = Array.from({ length: 5 }, () => crowd.arrive());
  await turn();
  for (const guest of [...line].reverse()) guest.leave();
  for (const guest of holders) guest.leave();
  await assertWaiting(view, 0);
  await allFree(view);
}

/** Every permit can be taken, and no more. */
async function allFree(view: LockView): Promise<void> {
  const crowd = crowdOf(view);
  await crowd.fill(view.permits);
  const more = crowd.arrive();
  await turn();
  view.trial.check(35, more.given === null, `${view.permits} permits as before`, `${view.permits + 1} are inside`);
  await crowd.empty();
}

async function random(view: LockView, isFair: boolean, seed: number): Promise<void> {
  const crowd = crowdOf(view);
  const dice = new Random(seed);
  const steps: readonly (() => unknown)[] = [
    () => crowd.arrive(),
    () => crowd.arrive(dice.below(4) === 0 ? (guest) => guest.leave() : undefined),
    () => dice.pick(crowd.waiting)?.leave(),
    () => dice.pick(crowd.inside)?.complete(),
    () => dice.pick(crowd.inside)?.leave(),
    () => dice.pick(crowd.inside)?.fail(new Error(`of the body, seed ${seed}`)),
    () => turn(),
  ];
  for (let i = 0; i < STEPS; i++) {
    await dice.pick(steps)?.();
    crowd.assertPeak(view.permits);
  }
  await crowd.empty();
  if (isFair) crowd.assertOrder();
  await allFree(view);
}
