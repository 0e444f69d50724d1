import { of, throwError, timer } from 'rxjs';

import {
  andThen,
  fromValue,
  mapValue,
  named,
  orElse,
  resource,
  ResourceLostError,
  retryAcquire,
  type Resource,
} from '../../core/index.js';
import { Again } from './again.js';
import type { ClientState } from './client-state.js';
import type { Course } from './course.js';
import { HttpNetworkError, HttpStatusError, HttpTimeoutError } from './errors.js';
import { exchange, type Exchange } from './exchange.js';
import { excerptOf } from './excerpt.js';
import { HttpResponse } from './http-response.js';
import { wasNeverSent } from './network-failure.js';
import { turn } from './redirect.js';
import { backOff, isIdempotent, retryAfter } from './retry-delay.js';

/** One request with its retries and redirects, held until its response is no longer needed. */
export function request(state: ClientState, begin: () => Course): Resource<HttpResponse> {
  const { name, scheduler } = state.settings;
  const admission = resource({
    name,
    acquire: () => state.admit(begin),
    release: (course) => {
      state.dismiss(course);
    },
    lost: (course) => course.failed,
  });
  return admission.pipe(
    andThen((course) =>
      fromValue(course).pipe(
        andThen(() => oneTry(state, course)),
        retryAcquire({
          delay: (error: unknown) => {
            if (!(error instanceof Again)) return throwError(() => error);
            return error.wait === 0 ? of(null) : timer(error.wait, scheduler);
          },
        }),
      ),
    ),
    mapValue((held: Exchange) => {
      held.course.state = 'answered';
      return new HttpResponse(held);
    }),
    // What ends a course early is `lost` to the engine while it is being entered; it is told as what it is.
    orElse((error: unknown): Resource<never> => {
      throw error instanceof ResourceLostError && error.resource === name ? error.cause : error;
    }),
    named(name),
  );
}

/** A slot at the origin, and in it one try, which fails where it is to be followed by another. */
function oneTry(state: ClientState, course: Course): Resource<Exchange> {
  const slot = state.slotOf(course.target.url.origin);
  const sent = exchange(course, state.transport, state.settings).pipe(
    orElse((error: unknown): Resource<never> => {
      throw again(state, course, error) ?? error;
    }),
    andThen((held) => resource({ name: state.settings.name, acquire: () => judged(state, held) })),
  );
  return slot.pipe(andThen(() => sent));
}

/** Fails where an answer is not the last word. */
async function judged(state: ClientState, held: Exchange): Promise<Exchange> {
  const { course, response, headers } = held;
  if (turn(course, held)) {
    held.isSpent = true;
    state.redirected();
    throw new Again(0, undefined);
  }
  const isAccepted = course.settings.accepts(response.status);
  const retry = again(state, course, new Refused(response.status, headers));
  if (retry === null && isAccepted) return held;
  held.isSpent = true;
  throw retry ?? (await statusError(held));
}

/** A status, looked at for whether to try again. */
class Refused {
  constructor(
    readonly status: number,
    readonly headers: Headers,
  ) {}
}

/** The next try, null where there is none (H3). */
function again(state: ClientState, course: Course, failure: unknown): Again | null {
  const { retry } = course.settings;
  const { method, payload } = course.target;
  if (course.signal.aborted || state.isClosed || course.retries >= retry.count || payload?.canRepeat === false)
    return null;
  const mayRepeat = course.idempotent ?? isIdempotent(method);
  if (!mayRepeat && !wasNeverSent(failure)) return null;
  if (failure instanceof Refused && !retry.statuses.includes(failure.status)) return null;
  if (!isTransient(failure)) return null;
  const { scheduler, random } = state.settings;
  const asked = failure instanceof Refused ? retryAfter(failure.headers, scheduler.now()) : null;
  if (asked !== null && asked > retry.maxRetryAfter) return null;
  const wait = asked ?? backOff(retry, course.retries, random);
  course.retries++;
  state.retried();
  return new Again(wait, failure);
}

/** Whether it may go well another time. What a user's own function or stream fails with is for the user. */
function isTransient(failure: unknown): boolean {
  return [Refused, HttpNetworkError, HttpTimeoutError].some((kind) => failure instanceof kind);
}

async function statusError({ course, response, headers, body }: Exchange): Promise<HttpStatusError> {
  const { shown } = course;
  const { status, statusText } = response;
  const excerpt = await excerptOf(body, course.scheduler);
  const message = `${shown.method} ${shown.url} answered ${String(status)} ${statusText}`.trimEnd();
  return new HttpStatusError(`${message}.`, { ...shown, status, statusText, headers, excerpt });
}
