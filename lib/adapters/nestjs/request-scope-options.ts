import { checkChoice } from '../../internal/check.js';

/** When what belongs to a request is released. */
export interface RequestScopeOptions {
  /**
   * What becomes of a request whose client hangs up. `'unsubscribe'`, the default: the handler's observable is unsubscribed,
   * `signal` aborts, and everything is released at once, told `unsubscribe`. `'finish'`: the handler goes on, events for
   * nobody included, and what it used is released when it has ended, told how.
   */
  readonly onDisconnect?: 'unsubscribe' | 'finish';
  /**
   * When what was entered is released. `'after-response'`, the default: when the last byte is on its way. `'before-response'`:
   * before the first one, so that a release that fails, as a commit can, is answered with an error; what a
   * `StreamableFile` uses is still released after it.
   */
  readonly release?: 'after-response' | 'before-response';
}

/** The same with every choice made. */
export type RequestPolicy = Required<RequestScopeOptions>;

export const defaultPolicy: RequestPolicy = { onDisconnect: 'unsubscribe', release: 'after-response' };

/** Refuses what is none of the words an option can be. */
export function checkRequestScopeOptions(options: RequestScopeOptions): void {
  const { onDisconnect, release } = { ...defaultPolicy, ...options };
  checkChoice(onDisconnect, 'onDisconnect', ['unsubscribe', 'finish']);
  checkChoice(release, 'release', ['after-response', 'before-response']);
}
