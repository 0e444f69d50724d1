import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { PoolView } from './pool-view.js';
import { Random } from './random.js';

const STEPS = 400;

/** Making, lending and taking back. */
export function poolLending(seed: number): readonly CaseOf<PoolView>[] {
  return [
    { title: 'tells what it has, and adds up (law 36)', test: counts },
    { title: 'lends again what has come back (law 36)', test: lendsAgain },
    { title: 'lends by acquire() too, and takes back once (law 26)', test: acquires },
    { title: 'refuses an acquire() that is given up with the reason of its signal (law 35)', test: givesUp },
    { title: `never has too many in ${STEPS} random steps (law 36)`, test: (view) => random(view, seed) },
  ];
}

async function counts(view: PoolView): Promise<void> {
  const crowd = view.crowd();
  const { permits } = view;
  const guests = await crowd.fill(permits);
  await view.assertCounts({ total: permits, borrowed: permits, idle: 0, waiting: 0 }, 'when all are borrowed');
  crowd.arrive();
  await view.assertCounts({ total: permits, borrowed: permits, waiting: 1 }, 'when one more waits');
  for (const guest of guests) guest.complete();
  await view.assertCounts({ borrowed: 1, waiting: 0 }, 'when the others have gone');
  await crowd.empty();
  await view.assertCounts({ borrowed: 0, waiting: 0 }, 'when everybody has gone');
}

async function lendsAgain(view: PoolView): Promise<void> {
  const { trial, workshop } = view;
  const crowd = view.crowd();
  for (let i = 0; i < 5; i++) {
    await crowd.fill(1);
    await crowd.empty();
  }
  const made = workshop.items.length;
  trial.check(36, made === 1, 'one item made for borrowers one after the other', `${made} were made`);
}

async function acquires(view: PoolView): Promise<void> {
  const { trial, permits } = view;
  const held = await trial.within(36, view.acquire(), 'acquire() to answer');
  await view.assertCounts({ borrowed: 1 }, 'while it is borrowed');
  await trial.within(26, Promise.all([held.release(), held.release()]), 'both release() to answer');
  await view.assertCounts({ borrowed: 0 }, 'when it has come back');
  const crowd = view.crowd();
  await crowd.fill(permits);
  const more = crowd.arrive();
  await trial.within(26, held.release(), 'a later release() to answer');
  await turn();
  trial.check(26, more.given === null, 'nothing given away by a later release()', `${permits + 1} have one`);
  await crowd.empty();
}

async function givesUp(view: PoolView): Promise<void> {
  const { trial, permits } = view;
  const crowd = view.crowd();
  await crowd.fill(permits);
  const controller = new AbortController();
  const refused = view.acquire(controller).catch((error: unknown) => error);
  const next = crowd.arrive();
  await view.assertCounts({ waiting: 2 }, 'when two wait');
  const reason = new Error('given up');
  controller.abort(reason);
  const failure = await trial.within(35, refused, 'acquire() to reject');
  trial.check(35, failure === reason, 'acquire() rejects with the reason of its signal', show(failure));
  await view.assertCounts({ waiting: 1 }, 'when one has given up');
  crowd.guests[0]?.complete();
  await crowd.served(next, 'where the one before it has given up');
  await crowd.empty();
}

async function random(view: PoolView, seed: number): Promise<void> {
  const { trial, workshop, permits } = view;
  workshop.isSlow = true;
  const crowd = view.crowd();
  const dice = new Random(seed);
  const steps: readonly (() => unknown)[] = [
    () => crowd.arrive(),
    () => crowd.arrive(),
    () => dice.pick(crowd.waiting)?.leave(),
    () => dice.pick(crowd.inside)?.complete(),
    () => dice.pick(crowd.inside)?.leave(),
    () => dice.pick(crowd.inside)?.fail(new Error('of the body')),
    () => dice.below(4) === 0 && workshop.failures.push(new Error('cannot be made')),
    () => {
      workshop.proceed();
    },
    () => turn(),
  ];
  for (let i = 0; i < STEPS; i++) {
    await dice.pick(steps)?.();
    trial.check(
      36,
      workshop.live <= permits,
      `${permits} items at most`,
      `${workshop.live} in step ${i}, seed ${seed}`,
    );
  }
  workshop.failures.length = 0;
  workshop.isSlow = false;
  workshop.proceed();
  await crowd.empty();
}
