import { mergeMap, NEVER, throwError, timer, type Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import { taskGroup, use, using, type TaskGroup } from '../../lib/index.js';
import { describeError, inVirtualTime, type Journal } from './journal.js';

/** As `describeError`, with an `AggregateError` as the list of its errors. */
export function shown(error: unknown): string {
  return error instanceof AggregateError ? `[${error.errors.map(shown).join(', ')}]` : describeError(error);
}

export function observer(journal: Journal): ReturnType<Journal['observer']> {
  return { ...journal.observer(), error: (error) => journal.note(`error ${shown(error)}`) };
}

export type Play = (
  group: TaskGroup,
  journal: Journal,
  helpers: RunHelpers,
) => Observable<unknown> | unknown[] | string;

/** What happens where `play` is the body of a group, in virtual time. */
export function course(play: Play): string[] {
  return inVirtualTime((journal, helpers) => {
    taskGroup()
      .pipe(use((group) => play(group, journal, helpers) as Observable<unknown>))
      .subscribe(observer(journal));
    helpers.flush();
  }).lines;
}

/** A resource that is held for ever and takes some frames to release. */
export function held(journal: Journal, name: string, frames = 0): Observable<never> {
  return using(journal.resource(name, { release: () => (frames === 0 ? undefined : timer(frames)) }), () => NEVER);
}

/** A resource that is held for ever and fails to release. */
export function stubborn(journal: Journal, name: string, frames = 0): Observable<never> {
  const fail = throwError(() => new Error(`cleanup of ${name}`));
  const release = (): Observable<never> => (frames === 0 ? fail : timer(frames).pipe(mergeMap(() => fail)));
  return using(journal.resource(name, { release }), () => NEVER);
}

export function failAt(frame: number, message = 'boom'): Observable<never> {
  return timer(frame).pipe(mergeMap(() => throwError(() => new Error(message))));
}

/** How a promise was settled. */
export function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `resolved ${String(value)}`,
    (error: unknown) => `rejected ${shown(error)}`,
  );
}
