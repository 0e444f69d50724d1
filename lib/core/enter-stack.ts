import { EmptyError } from 'rxjs';

import { push } from './engine/acquiring.js';
import { ClosedError, UnsubscribedError } from './engine/errors.js';
import type { Exit } from './engine/exit.js';
import { Closing, Holding } from './engine/holding.js';
import type { Releasable } from './engine/scope.js';
import { settle } from './engine/unwind.js';
import { rxLayer } from './layer.js';
import { nodeOf, type Resource } from './resource-class.js';

const RESOURCE: Releasable = { mode: 'outcome', release: (holding, exit) => new Closing(holding as Holding, exit) };

/** Enters a resource as a part of a stack, which waits for it where it is closed meanwhile (law 26). */
export function enterInto<T>(
  stack: Holding,
  resource: Resource<T>,
  resolve: (handle: T) => void,
  reject: (error: unknown) => void,
): void {
  let entering = true;
  const { owner } = stack;
  const finished = (): void => {
    entering = false;
    if (--stack.pending === 0) settle(stack);
  };
  const holding = new Holding(
    resource.name,
    true,
    null,
    rxLayer,
    {
      entered: (handle) => {
        holding.owner = owner;
        push(stack, RESOURCE, holding);
        if (stack.exit === null) resolve(handle as T);
        else reject(closedError(resource.name));
        finished();
      },
      ended: (outcome) => {
        if (!entering) return; // closed with the stack, or lost: told when the stack is closed
        reject(reasonOf(outcome, resource.name));
        finished();
      },
    },
    stack,
  );
  stack.pending++;
  holding.open(nodeOf(resource));
}

/** Why nothing was entered. */
function reasonOf(outcome: Exit, name: string): unknown {
  if (outcome.kind === 'error') return outcome.error;
  return outcome.kind === 'complete'
    ? new EmptyError()
    : new UnsubscribedError(`"${name}" was unsubscribed.`, { resource: name });
}

/** The answer of a stack that takes nothing new. */
export function closedError(resource: string): ClosedError {
  return new ClosedError(`"${resource}" was not entered: the exit stack is closed.`, { resource });
}
