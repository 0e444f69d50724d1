import { shared } from '../../../lib/core/engine/shared.js';

const pristine = { ...shared };

/**
 * Forgets what a failed case has left in the state that all scopes share, so that the next case is judged by itself:
 * else nothing could be shrunk. A case that leaves something has failed by then. The leak check goes on watching.
 */
export function isolate(): void {
  Object.assign(shared, { ...pristine, waiting: [], watchers: shared.watchers });
}
