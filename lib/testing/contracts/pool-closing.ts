import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { Guest } from './crowd.js';
import { proceedUntil } from './pool-making.js';
import type { PoolView } from './pool-view.js';
import type { Item } from './workshop.js';

/** The end of a pool. */
export function poolClosing(): readonly CaseOf<PoolView>[] {
  return [
    { title: 'destroys what is idle when it is closed (law 31)', test: destroysIdle },
    { title: 'waits for what is borrowed when it is closed (law 31)', test: waits },
    { title: 'refuses those who wait when it is closed, with a ClosedError (law 31)', test: refusesWaiting },
    { title: 'refuses those who come when it is closed, with a ClosedError (law 31)', test: refusesComing },
    { title: 'can be closed twice (law 31)', test: closesTwice },
    { title: 'destroys what is being made when it is closed (law 31)', test: closesMaking },
    { title: 'ends the borrowers with a ClosedError where it is closed by force (law 31)', test: forces },
  ];
}

async function destroysIdle(view: PoolView): Promise<void> {
  const { trial, pool, workshop, permits } = view;
  const crowd = view.crowd();
  await crowd.fill(permits);
  await crowd.empty();
  await trial.within(31, pool.close(), 'close() to answer');
  trial.check(31, workshop.live === 0, 'nothing left when close() has answered', `${workshop.live} are`);
}

async function waits(view: PoolView): Promise<void> {
  const { trial, pool, permits } = view;
  const crowd = view.crowd();
  const guests = await crowd.fill(permits);
  let isClosed = false;
  const closing = Promise.resolve(pool.close()).then(() => (isClosed = true));
  await turn();
  trial.check(31, !isClosed, 'close() waits for what is borrowed', 'it has answered');
  trial.check(31, crowd.inside.length === permits, 'borrowers left alone by close()', 'some were ended');
  const destroyed = guests.some(({ given }) => given?.handle.isDestroyed === true);
  trial.check(31, !destroyed, 'nothing destroyed that is borrowed', 'it was');
  await crowd.empty();
  await trial.within(31, closing, 'close() to answer when everything has come back');
}

async function refusesWaiting(view: PoolView): Promise<void> {
  const { trial, pool, permits } = view;
  const crowd = view.crowd();
  await crowd.fill(permits);
  const waiting = crowd.arrive();
  const acquiring = view.acquire().catch((error: unknown) => error);
  await view.assertCounts({ waiting: 2 }, 'when two wait');
  const closing = pool.close();
  await refused(view, waiting, 'who waits');
  const failure = await trial.within(31, acquiring, 'the acquire() that waits to reject');
  trial.check(31, isClosedError(failure), 'a ClosedError for the acquire() that waits', show(failure));
  await crowd.empty();
  await trial.within(31, closing, 'close() to answer');
}

async function refusesComing(view: PoolView): Promise<void> {
  const { trial, pool, workshop } = view;
  const crowd = view.crowd();
  await crowd.fill(1);
  const closing = pool.close();
  await refused(view, crowd.arrive(), 'who comes while it is closing');
  await crowd.empty();
  await trial.within(31, closing, 'close() to answer');
  await refused(view, crowd.arrive(), 'who comes when it is closed');
  const acquiring = view.acquire().catch((error: unknown) => error);
  const failure = await trial.within(31, acquiring, 'acquire() to reject');
  trial.check(31, isClosedError(failure), 'a ClosedError from acquire()', show(failure));
  trial.check(31, workshop.items.length === 1, 'nothing made after close()', 'something was');
}

async function closesTwice(view: PoolView): Promise<void> {
  const { trial, pool } = view;
  const crowd = view.crowd();
  await crowd.fill(1);
  const closing = Promise.all([pool.close(), pool.close()]);
  await crowd.empty();
  await trial.within(31, closing, 'both close() to answer');
  await trial.within(31, pool.close(), 'a later close() to answer');
}

async function closesMaking(view: PoolView): Promise<void> {
  const { trial, pool, workshop } = view;
  workshop.isSlow = true;
  const crowd = view.crowd();
  const guest = crowd.arrive();
  await turn();
  const closing = pool.close();
  await proceedUntil(view, [guest]); // refused, or served for the last time
  workshop.isSlow = false;
  workshop.proceed();
  await trial.within(31, closing, 'close() to answer');
  trial.check(31, workshop.live === 0, 'nothing left when close() has answered', `${workshop.live} are`);
}

async function forces(view: PoolView): Promise<void> {
  const { trial, pool, workshop, permits } = view;
  const crowd = view.crowd();
  const guests = await crowd.fill(permits);
  const closing = pool.close({ force: true });
  for (const guest of guests) await refused(view, guest, 'who has borrowed');
  await trial.within(31, closing, 'close() by force to answer');
  trial.check(31, workshop.live === 0, 'nothing left when close() has answered', `${workshop.live} are`);
}

async function refused(view: PoolView, guest: Guest<Item>, who: string): Promise<void> {
  await view.trial.until(31, () => guest.isOver, `a ClosedError for one ${who}`, () => 'nothing happened to it'); // prettier-ignore
  const { end } = guest;
  const isTold = end?.kind === 'error' && isClosedError(end.error);
  view.trial.check(31, isTold, `a ClosedError for one ${who}`, end === null ? 'nothing' : show(end));
}

/** By name, as it may be that of another copy; also what is told of a handle that was lost because of it (law 29). */
function isClosedError(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth++) {
    if (one.name === 'ClosedError') return true;
  }
  return false;
}
