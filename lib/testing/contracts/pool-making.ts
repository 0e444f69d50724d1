import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { Guest } from './crowd.js';
import type { PoolView } from './pool-view.js';
import type { Item } from './workshop.js';

/** Making and destroying, which take their time and may fail. */
export function poolMaking(): readonly CaseOf<PoolView>[] {
  return [
    { title: 'counts what is being made (law 36)', test: countsMaking },
    { title: 'counts what is being destroyed (law 36)', test: countsDestroying },
    { title: 'fails the borrower whose item cannot be made, and has the place again (law 36)', test: failsToMake },
    { title: 'serves those who wait where an item cannot be made (law 36)', test: failsToMakeOne },
    { title: 'has the place again where a borrower leaves while its item is made (law 36)', test: leavesMaking },
  ];
}

async function countsMaking(view: PoolView): Promise<void> {
  const { workshop, permits } = view;
  workshop.isSlow = true;
  const crowd = view.crowd();
  for (let i = 0; i < permits + 2; i++) crowd.arrive();
  await turn();
  await view.assertCounts({ borrowed: 0, idle: 0 }, 'while the first are made');
  const { creating } = view.pool.stats;
  view.trial.check(36, creating > 0 && creating <= permits, `1 to ${permits} being made`, `${creating} are`);
  await proceedUntil(view, crowd.guests);
  await crowd.empty();
}

async function countsDestroying(view: PoolView): Promise<void> {
  const { workshop, permits } = view;
  const crowd = view.crowd();
  const guests = await crowd.fill(permits);
  workshop.isSlow = true;
  const line = Array.from({ length: permits }, () => crowd.arrive());
  for (const guest of guests) guest.fail(new Error('of the body')); // a pool may destroy what was used then
  await turn();
  await view.assertCounts({}, 'while some may be destroyed');
  const { live } = workshop;
  view.trial.check(36, live <= permits, `${permits} items at most`, `there are ${live}`);
  await proceedUntil(view, line);
  await crowd.empty();
}

async function failsToMake(view: PoolView): Promise<void> {
  const { trial, workshop, permits } = view;
  const error = new Error('cannot be made');
  const crowd = view.crowd();
  workshop.failures.push(error);
  const guest = crowd.arrive();
  await trial.until(36, () => guest.isOver, 'the borrower told', () => 'it waits'); // prettier-ignore
  const { end } = guest;
  const isTold = end?.kind === 'error' && end.error === error;
  trial.check(36, isTold, 'the borrower told the identical error', end === null ? 'nothing' : show(end));
  await crowd.fill(permits);
  await crowd.empty();
}

async function failsToMakeOne(view: PoolView): Promise<void> {
  const { trial, workshop, permits } = view;
  workshop.isSlow = true;
  workshop.failures.push(new Error('cannot be made'));
  const crowd = view.crowd();
  for (let i = 0; i < permits + 2; i++) crowd.arrive();
  await proceedUntil(view, crowd.guests);
  await crowd.empty();
  const failed = crowd.guests.filter(({ end }) => end?.kind === 'error').length;
  trial.check(36, failed <= 1, 'one borrower failed for one item that could not be made', `${failed} failed`);
}

async function leavesMaking(view: PoolView): Promise<void> {
  const { workshop, permits } = view;
  workshop.isSlow = true;
  const crowd = view.crowd();
  const leaving = Array.from({ length: permits }, () => crowd.arrive());
  await turn();
  for (const guest of leaving) guest.leave();
  const next = crowd.arrive();
  await proceedUntil(view, [next]);
  workshop.isSlow = false;
  await crowd.empty();
  await crowd.fill(permits);
  await crowd.empty();
}

/** Makes and destroys until each of these has been served, or refused. */
export async function proceedUntil(view: PoolView, guests: readonly Guest<Item>[]): Promise<void> {
  const isServed = (): boolean => {
    view.workshop.proceed();
    for (const guest of guests) guest.complete();
    return guests.every(({ isOver }) => isOver);
  };
  await view.trial.until(36, isServed, 'everybody served in the end', () => 'some wait');
}
