import { NEVER, of } from 'rxjs';

import { lastValue } from '../../core/index.js';
import type { CaseOf } from './contract.js';
import type { HeldView } from './held-view.js';

const MANY = 10;

/** Several scopes of one resource at a time. */
export function resourceTogether<T>(isShared: boolean): readonly CaseOf<HeldView<T>>[] {
  return [
    { title: 'is acquired for each of two subscriptions at a time (law 5)', test: twice, when: !isShared },
    {
      title: 'is acquired once for two subscriptions at a time, and stays for the second',
      test: shared,
      when: isShared,
    },
    { title: 'is released for each of many that leave in one tick (law 1)', test: manyLeaving },
    { title: 'is released for those that leave while others complete (law 1)', test: mixed },
    { title: 'can be acquired again after all that (law 5)', test: again },
  ];
}

async function twice<T>(view: HeldView<T>): Promise<void> {
  const { trial, handles } = view;
  // Whoever asked second may be the first to enter: the handles are in the order of entering.
  const entered: (() => void)[] = [];
  for (let count = 0; count < 2; count++) {
    const visit = view.visit(() => {
      entered.push(() => visit.leave());
      return NEVER;
    });
  }
  await view.entered(2);
  view.assertOpened(5, 2, 'for two subscriptions at a time');
  const isSame = typeof handles[0] === 'object' && handles[0] !== null && handles[0] === handles[1];
  trial.check(5, !isSame, 'a handle for each of two subscriptions', 'both have the same');
  entered[0]?.();
  await trial.within(12, gone(view, 1), 'the first released');
  await view.assertHeld(1, 5, 'when the other one has left');
  entered[1]?.();
  const moment = await view.rest();
  await view.assertReleased(5, 'when both have left', moment);
}

// With no counter the scope of the second is open all the same, so that there is no settled() to wait for.
async function gone<T>(view: HeldView<T>, count: number): Promise<void> {
  const { closed } = view.subject;
  if (closed !== undefined) {
    const actual = (): string => `released ${closed()} times`;
    await view.trial.until(12, () => closed() >= count, `released ${count} times`, actual);
  }
}

async function shared<T>(view: HeldView<T>): Promise<void> {
  const { trial } = view;
  const [first, second] = [view.visit(() => NEVER), view.visit(() => NEVER)];
  await view.entered(2);
  view.assertOpened(5, 1, 'for two subscriptions that share it');
  first.leave();
  await view.assertHeld(1, 5, 'when the other one has left');
  const closed = view.moment().closed;
  trial.check(5, closed === 0, 'held as long as one of them is there', `released ${closed} times`);
  second.leave();
  const moment = await view.rest();
  await view.assertReleased(5, 'when both have left', moment);
}

async function manyLeaving<T>(view: HeldView<T>): Promise<void> {
  const visits = Array.from({ length: MANY }, () => view.visit(() => NEVER));
  await view.entered(MANY);
  for (const visit of visits) visit.leave();
  const moment = await view.rest();
  await view.assertReleased(1, `after ${MANY} consumers have left in one tick`, moment);
}

async function mixed<T>(view: HeldView<T>): Promise<void> {
  const visits = Array.from({ length: MANY }, (_, index) => view.visit(() => (index % 2 === 0 ? NEVER : of(index))));
  visits.forEach((visit, index) => {
    if (index % 4 === 0) visit.leave();
  });
  for (const [index, visit] of visits.entries()) if (index % 2 === 1) await visit.over('complete');
  for (const visit of visits) visit.leave();
  const moment = await view.rest();
  await view.assertReleased(1, 'when all have left or completed', moment);
}

async function again<T>(view: HeldView<T>): Promise<void> {
  await manyLeaving(view);
  const value = lastValue(view.scope(() => of('used')));
  await view.trial.within(5, value, 'it acquired and released once more');
  await view.assertReleased(3, 'when the last one has completed');
}
