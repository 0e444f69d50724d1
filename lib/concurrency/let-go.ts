import { ResourceError } from '../core/engine/errors.js';
import { Deferral } from '../core/engine/reply.js';
import type { Leaf, Scope, Sink } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import type { Claim } from './claim.js';
import { claimsAround } from './held-around.js';
import type { Permits } from './permits.js';
import type { WaitQueue } from './wait-queue.js';
import type { Waiting } from './waiting.js';

/**
 * The wait of a condition, as something that is held: a lock that has been let go. Acquiring joins the queue and lets the
 * lock go; releasing takes it again, whatever the exit.
 *
 * So the scope that holds the lock, which is around this one, cannot end before the lock is back (law 4).
 */
export function letGo(permits: Permits | null, queue: WaitQueue): Leaf {
  return leaf({
    acquire: (scope) => {
      const claim = permits === null ? null : holderOf(permits, scope);
      const waiting = queue.join(scope); // first: whoever gets the lock may notify at once
      if (claim !== null) permits?.give(claim);
      return new LetGo(scope, waiting, permits, claim, queue);
    },
    release: (token: LetGo) => token.release(),
  });
}

/** One who waits on a condition. */
export class LetGo {
  constructor(
    private readonly scope: Scope,
    readonly waiting: Waiting,
    private readonly permits: Permits | null,
    private readonly claim: Claim | null,
    private readonly queue: WaitQueue,
  ) {}

  release(): unknown {
    const { permits, claim, waiting } = this;
    const isNotified = waiting.row === null;
    waiting.unsubscribe();
    const done = (): void => {
      const isLeft = this.scope.left;
      const isLost = claim !== null && !isHeld(claim);
      if (isLost && claim.count > 0) permits?.give(claim);
      if (isNotified && (isLeft || isLost)) this.queue.wake(1); // in vain for this one: the next one's
      if (isLost && !isLeft) throw lockLost(permits);
    };
    if (permits !== null && claim !== null && isHeld(claim)) {
      const again = permits.grow(claim, 1, 0);
      if (again !== claim) return new Again(again as Waiting, done);
    }
    done();
    return undefined;
  }
}

/** Waits for the lock, and looks then whether there is anybody to have it. */
class Again extends Deferral {
  constructor(
    private readonly waiting: Waiting,
    private readonly done: () => void,
  ) {
    super();
  }

  answer(sink: Sink): void {
    const { done } = this;
    this.waiting.answer({
      value: () => {
        try {
          done();
        } catch (error) {
          sink.error(error);
          return;
        }
        sink.value(undefined);
      },
      error: (error) => {
        sink.error(error);
      },
    });
  }
}

/** The claim to be let go: of the scope around, where that can be seen, else of whoever holds the lock. */
function holderOf(permits: Permits, scope: Scope): Claim {
  const around = claimsAround(scope, permits);
  const claim = around.length === 0 ? permits.claims.earliest : around.find(({ count }) => count > 0);
  if (claim !== null && claim !== undefined) return claim;
  const { name } = permits;
  const what = claim === null ? 'is not held' : 'has been let go already, by another wait in the same scope';
  throw new ResourceError(`"${name}" ${what}. Wait on its condition inside a scope of it: using(mutex.lock, …).`, {
    resource: name,
  });
}

/** Whether its scope still has it to give back. One that was entered in a promise may have ended meanwhile. */
function isHeld(claim: Claim): boolean {
  const { scope } = claim;
  if (scope === null || scope.token === claim) return true;
  return scope.more?.frames?.some(({ token }) => token === claim) === true;
}

function lockLost(permits: Permits | null): ResourceError {
  const name = permits?.name ?? 'condition';
  return new ResourceError(
    `The scope that held "${name}" ended while its condition was waited on. Await wait() inside that scope.`,
    { resource: name },
  );
}
