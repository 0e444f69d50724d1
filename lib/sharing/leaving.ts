import { afterFailure, type Exit } from '../core/engine/exit.js';
import { Deferral } from '../core/engine/reply.js';
import type { Sink } from '../core/engine/scope.js';
import { addedTo } from '../core/outcome.js';

/** The release of what is shared, as part of the scope that used it last: answers the outcome there. */
export class Leaving extends Deferral {
  constructor(
    private readonly instance: { close(exit: Exit, done: (outcome: Exit) => void): void },
    private readonly exit: Exit,
    /** What the release is told instead of the user's exit: the handle has died. */
    private readonly loss: Exit | null,
  ) {
    super();
  }

  answer(sink: Sink): void {
    const { exit, loss } = this;
    const told = loss === null || isSame(loss, exit) ? exit : loss;
    this.instance.close(told, (outcome) => {
      sink.value(told === exit ? outcome : carriedOver(exit, told, outcome));
    });
  }
}

function isSame(one: Exit, other: Exit): boolean {
  return one.kind === 'error' && other.kind === 'error' && Object.is(one.error, other.error);
}

/** What the release has failed with, on top of an exit that it was not told. */
function carriedOver(exit: Exit, told: Exit, outcome: Exit): Exit {
  return addedTo(told, outcome).reduce<Exit>((so, failure) => afterFailure(so, failure), exit);
}
