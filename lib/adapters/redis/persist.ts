import { defer, first, map, merge, retry, scan, timer, type Observable } from 'rxjs';

import type { LockNode } from './lock-node.js';
import type { LockPlan } from './lock-options.js';
import { quorumOf } from './quorum.js';

/** What nodes have answered so far to one question. */
interface Tally {
  readonly yes: number;
  readonly no: number;
}

/**
 * Asks every node to do something until it answers, and emits once: whether most have done it, as soon as that is settled. What fails is
 * tried again, with longer and longer waits; whoever has no time for that leaves.
 */
export function persist(
  nodes: readonly LockNode[],
  ask: (node: LockNode) => Promise<boolean>,
  { ttl, scheduler }: LockPlan,
  failed: (error: unknown) => void,
): Observable<boolean> {
  const quorum = quorumOf(nodes.length);
  const longest = ttl / 6;
  const again = (error: unknown, count: number): Observable<unknown> => {
    failed(error);
    const wait = Math.min(longest, (ttl / 100) * 2 ** Math.min(count, 20)) * (0.5 + Math.random() / 2);
    return timer(Math.max(1, wait), scheduler);
  };
  const answers = nodes.map((node) => defer(() => ask(node)).pipe(retry({ delay: again })));
  return merge(...answers).pipe(
    scan<boolean, Tally>(({ yes, no }, answer) => (answer ? { yes: yes + 1, no } : { yes, no: no + 1 }), NOTHING),
    first(({ yes, no }) => yes >= quorum || nodes.length - no < quorum),
    map(({ yes }) => yes >= quorum),
  );
}

const NOTHING: Tally = { yes: 0, no: 0 };
