import { lose } from '../core/engine/ending.js';
import type { Exit } from '../core/engine/exit.js';
import { Deferral } from '../core/engine/reply.js';
import { NOTHING, type Cancel, type Leaf, type Scope, type Sink } from '../core/engine/scope.js';
import { shared } from '../core/engine/shared.js';
import { leaf } from '../core/leaf.js';

/** The part of an instance that its users need. */
export interface Used {
  readonly handle: unknown;
  readonly users: Set<User>;
  abandon(user: User): void;
  leave(user: User, exit: Exit): unknown;
}

/** One who shares: what its scope waits for, and from then on the token that its scope holds. */
export class User extends Deferral implements Cancel {
  state: 'waiting' | 'using' | 'ended' | 'gone' = 'waiting';
  /** What it waits for or uses; null where it was refused before there was one. */
  instance: Used | null = null;
  private sink: Sink | null = null;
  /** Puts back what the runtime kept for the code that waits (`AsyncLocalStorage`), where that was asked for. */
  private readonly resume = shared.snapshot === null ? null : shared.snapshot();

  constructor(
    readonly scope: Scope,
    private readonly come: (user: User) => void,
  ) {
    super();
  }

  answer(sink: Sink): Cancel {
    this.sink = sink;
    this.come(this);
    return this;
  }

  serve(): void {
    if (this.state !== 'waiting') return;
    this.state = 'using';
    this.tell((sink) => {
      sink.value(this);
    });
  }

  refuse(error: unknown): void {
    if (this.state !== 'waiting') return;
    this.state = 'gone';
    this.tell((sink) => {
      sink.error(error);
    });
  }

  /** What it waited for came to nothing, without a failure (law 11). */
  settle(): void {
    if (this.state !== 'waiting') return;
    this.state = 'gone';
    this.tell((sink) => {
      sink.value(NOTHING);
    });
  }

  /** Its scope has been left while it waited. */
  unsubscribe(): void {
    if (this.state !== 'waiting') return;
    this.state = 'gone';
    this.instance?.abandon(this);
  }

  /** Ends it from outside: what it uses has died, or is closed. Answers whether it was the first to. */
  end(error: unknown): boolean {
    if (this.state === 'using') {
      this.state = 'ended';
      lose(this.scope, error);
      return true;
    }
    this.instance?.users.delete(this);
    const waited = this.state === 'waiting';
    this.refuse(error);
    return waited;
  }

  private tell(answer: (sink: Sink) => void): void {
    const { sink, resume } = this;
    if (sink === null) return;
    if (resume === null) answer(sink);
    else {
      resume(() => {
        answer(sink);
      });
    }
  }
}

/** What the scope of a user enters. `come` finds it an instance. */
export function userLeaf(come: (user: User) => void): Leaf {
  return leaf({
    mode: 'outcome',
    interruptible: true,
    acquire: (scope) => new User(scope, come),
    entered: (_scope, user: User) => (user.instance as Used).handle,
    release: (user: User, exit: Exit) => (user.instance as Used).leave(user, exit),
  });
}
