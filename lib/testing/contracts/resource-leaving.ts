import { concat, NEVER, Observable, of, Subject, take } from 'rxjs';

import { lease, resource, using } from '../../core/index.js';
import { show } from '../show.js';
import { turn } from '../turn.js';
import type { CaseOf } from './contract.js';
import type { HeldView, Moment } from './held-view.js';
import { Visit } from './visit.js';

/** What happens to a scope whose consumer leaves. */
export function resourceLeaving<T>(): readonly CaseOf<HeldView<T>>[] {
  return [
    { title: 'is released when its consumer leaves while it is held (law 12)', test: leftWhileHeld },
    {
      title: 'is released when its consumer leaves while it is acquired (law 13)',
      test: (view) => leftEntering(view, 0),
    },
    { title: 'is released when its consumer leaves a turn later (law 13)', test: (view) => leftEntering(view, 1) },
    { title: 'is released once when its consumer leaves while it is released (law 14)', test: leftWhileReleased },
    { title: 'is released when its consumer leaves inside an emission (law 15)', test: leftInEmission },
    { title: 'is released when its consumer leaves while the body is made (law 1)', test: leftInProject },
    { title: 'is released once when its consumer leaves inside the end (law 1)', test: leftInEnd },
    { title: 'is released before what is around it, when the consumer leaves (law 4)', test: leftFromAround },
    { title: 'is released once by a lease, however often that is asked (law 26)', test: leased },
    { title: 'is released where a lease is given up while acquiring (law 13)', test: leaseGivenUp },
  ];
}

async function leftWhileHeld<T>(view: HeldView<T>): Promise<void> {
  const body = new Subject<number>();
  const visit = view.visit(() => body);
  await view.entered(1);
  visit.leave();
  view.trial.check(12, !body.observed, 'the body left at once', 'it is still subscribed');
  const moment = await view.rest();
  await view.assertReleased(12, 'when settled() resolves', moment);
  view.assertOpened(1, 1, 'for one subscription');
}

async function leftEntering<T>(view: HeldView<T>, turns: number): Promise<void> {
  const { trial, handles } = view;
  const visit = view.visit(() => NEVER);
  for (let i = 0; i < turns; i++) await turn();
  const before = handles.length;
  visit.leave();
  const moment = await view.rest();
  const shown = handles.length - before;
  trial.check(13, shown === 0, 'no body after its consumer has left', `a body was made ${shown} times`);
  await view.assertReleased(13, 'after its consumer left while it was acquired', moment);
  const opened = view.opened ?? 0;
  trial.check(13, opened <= 1, 'acquired once at most for one subscription', `acquired ${opened} times`);
}

async function leftWhileReleased<T>(view: HeldView<T>): Promise<void> {
  const body = new Subject<number>();
  const visit = view.visit(() => body);
  await view.entered(1);
  body.complete();
  visit.leave();
  const moment = await view.rest();
  const [late] = visit.late;
  view.trial.check(14, late === undefined, 'nothing delivered after leaving', `${late ?? ''} was`);
  await view.assertReleased(14, 'after its consumer left while it was released', moment);
}

async function leftInEmission<T>(view: HeldView<T>): Promise<void> {
  let emitted = 0;
  const body = new Observable<number>((subscriber) => {
    while (!subscriber.closed && emitted < 10) subscriber.next(++emitted);
  });
  const scope = view.scope(() => body).pipe(take(1));
  const visit = new Visit<number>(view.trial).subscribe(scope);
  await visit.over('complete');
  view.trial.check(15, emitted === 1, 'the body stopped after its first value', `it emitted ${emitted} values`);
  const moment = await view.rest();
  await view.assertReleased(15, 'after take(1) of a synchronous body', moment);
}

async function leftInProject<T>(view: HeldView<T>): Promise<void> {
  const visit = new Visit<number>(view.trial);
  const scope = view.scope(() => {
    visit.leave();
    return of(1);
  });
  visit.subscribe(scope);
  await view.entered(1);
  const moment = await view.rest();
  await view.assertReleased(1, 'after its consumer left while the body was made', moment);
}

async function leftInEnd<T>(view: HeldView<T>): Promise<void> {
  const visit: Visit<number> = new Visit<number>(view.trial, () => {
    visit.leave();
  });
  visit.subscribe(view.scope(() => of(1)));
  await visit.over('complete');
  const moment = await view.rest();
  await view.assertReleased(1, 'after its consumer left inside completion', moment);
  view.assertOpened(1, 1, 'for one subscription');
}

async function leftFromAround<T>(view: HeldView<T>): Promise<void> {
  const moments: Moment[] = [];
  const around = resource({ name: 'around', acquire: () => 0, release: () => moments.push(view.moment()) });
  const visit = new Visit<number>(view.trial).subscribe(using(around, () => view.scope(() => concat(of(1), NEVER))));
  await visit.value();
  visit.leave();
  await view.rest();
  await view.assertReleased(4, 'when what is around it is released', moments[0]);
}

async function leased<T>(view: HeldView<T>): Promise<void> {
  const { trial, subject } = view;
  const held = await trial.lease(5, subject.resource, 'lease() to answer');
  view.handles.push(held.value);
  await view.assertHeld(0, 26, 'while it is leased');
  const moments: Moment[] = [];
  const releasing = Promise.all([held.release(), held.release()]);
  await trial.within(26, releasing, 'both release() to answer', () => moments.push(view.moment()));
  await view.assertReleased(26, 'when release() has answered', moments[0]);
  await trial.within(26, held.release(), 'a later release() to answer');
  await view.assertReleased(26, 'after a later release()');
  view.assertOpened(26, 1, 'for one lease');
}

async function leaseGivenUp<T>(view: HeldView<T>): Promise<void> {
  const { trial, subject } = view;
  const controller = new AbortController();
  const entering = lease(subject.resource, { signal: controller.signal });
  const reason = new Error('given up');
  controller.abort(reason);
  const failure = await trial.within(
    13,
    entering.then((held) => held.release(), same),
    'the lease to be refused or given',
  );
  const isTold = failure === reason || typeof failure === 'boolean';
  trial.check(13, isTold, 'a lease that rejects with the reason of the signal', show(failure));
  const moment = await view.rest();
  await view.assertReleased(13, 'after the lease was given up', moment);
}

function same(error: unknown): unknown {
  return error;
}
