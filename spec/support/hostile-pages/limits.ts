import type { Settings } from './settings.js';

/** The headers that tell when a limit has passed, by the settings `after` and `told`. */
export function limitHeaders(settings: Settings): Record<string, string> {
  const after = settings.number('after', 1);
  const time = Date.now() + after * 1000;
  switch (settings.text('told', 'seconds')) {
    case 'seconds':
      return { 'retry-after': String(after) };
    case 'date':
      return { 'retry-after': new Date(time).toUTCString() };
    case 'reset':
      return exhausted(settings);
    case 'structured':
      return { ratelimit: `"default";r=0;t=${String(after)}` };
    default:
      return {};
  }
}

/** As GitHub tells it: nothing is left, until a second since the epoch. */
export function exhausted(settings: Settings): Record<string, string> {
  const reset = Math.ceil(Date.now() / 1000 + settings.number('after', 1));
  return { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
}
