import type { Course } from './course.js';
import { HttpRedirectError } from './errors.js';
import type { Exchange } from './exchange.js';
import { areHarmless } from './request-headers.js';
import { isWeb, shownUrl, takeUser } from './request-url.js';
import type { Target } from './target.js';

const STATUSES = [301, 302, 303, 307, 308];
const MOST = 20;

/** Whether an answer leads on to another address that is to be followed. Turns the course there, or refuses. */
export function turn(course: Course, { response, headers, sentHeaders }: Exchange): boolean {
  const { redirect } = course.settings;
  const isHidden = response.type === 'opaqueredirect';
  if (redirect === 'manual' || (!isHidden && !STATUSES.includes(response.status))) return false;
  const location = headers.get('location');
  if (!isHidden && location === null) return false;
  if (redirect === 'error') throw refusal(course, 'was redirected, which redirect: "error" forbids');
  if (++course.redirects > MOST) throw refusal(course, `was redirected more than ${String(MOST)} times`);
  if (isHidden) followUnseen(course, sentHeaders);
  else course.target = next(course, response.status, location ?? '');
  return true;
}

/** Browsers do not show where a redirect leads: they may follow it where nothing can get into wrong hands (H7). */
function followUnseen(course: Course, sent: Headers): void {
  const { method } = course.target;
  if (!['GET', 'HEAD'].includes(method) || !areHarmless(sent)) {
    const why =
      'was redirected, and this platform does not show where to: its headers or its body could get into wrong hands.';
    throw refusal(course, `${why} Ask the address it leads to`);
  }
  course.isPlatformFollowing = true;
}

function next(course: Course, status: number, location: string): Target {
  const { method, url: from, payload } = course.target;
  const url = destination(course, location);
  if (url.hash === '') url.hash = from.hash;
  const isRewritten = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST';
  if (isRewritten) return { method: 'GET', url, payload: null };
  if (payload !== null && url.origin !== from.origin) {
    throw refusal(course, `was redirected to ${shownUrl(url)}, another origin, which its body is not for`);
  }
  if (payload?.canRepeat === false) {
    throw refusal(course, `was redirected to ${shownUrl(url)}, and its body is a stream that cannot be sent again`);
  }
  return { method, url, payload };
}

/** Without the user that it may name: that is not ours. */
function destination(course: Course, location: string): URL {
  const { url: from } = course.target;
  if (!URL.canParse(location, from)) throw refusal(course, 'was redirected to what is no address');
  const url = new URL(location, from);
  if (!isWeb(url)) throw refusal(course, `was redirected to ${url.protocol}, which is not of the web`);
  takeUser(url);
  return url;
}

function refusal(course: Course, what: string): HttpRedirectError {
  const { shown } = course;
  return new HttpRedirectError(`${shown.method} ${shown.url} ${what}.`, shown);
}
