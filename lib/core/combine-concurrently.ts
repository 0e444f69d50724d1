import { Observable } from 'rxjs';

import { closeInReverse, ClosingMembers, closeTogether } from './close-members.js';
import { afterFailure, COMPLETE, type Exit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import { NOTHING, type Scope, type Sink } from './engine/scope.js';
import { rxLayer } from './layer.js';
import { leaf } from './leaf.js';
import { nodeOf, Resource } from './resource-class.js';

interface Options {
  readonly concurrent?: boolean;
  readonly concurrentRelease?: boolean;
}

/** The members of a combined resource once all have been entered, in their order. */
class Members {
  constructor(
    readonly holdings: readonly Holding[],
    readonly handles: unknown[],
  ) {}
}

/** Members as scopes of their own, which can be entered and released side by side. */
export function concurrently(
  name: string,
  sources: readonly Resource<unknown>[],
  options: Options,
): Resource<unknown[]> {
  const release = options.concurrentRelease === true ? closeTogether : closeInReverse;
  return new Resource(
    name,
    leaf({
      mode: 'outcome',
      interruptible: true,
      acquire: (scope) => enterMembers(sources, scope, options.concurrent === true),
      entered: (scope, token: Members) => {
        for (const holding of token.holdings) holding.owner = scope;
        return token.handles;
      },
      release: (token: Members, exit) => new ClosingMembers(token.holdings, exit, release),
    }),
  );
}

function enterMembers(
  sources: readonly Resource<unknown>[],
  scope: Scope,
  concurrent: boolean,
): Observable<Members | typeof NOTHING> {
  return new Observable((subscriber) => {
    const entry = new Entry(sources, scope, concurrent, {
      value: (token) => {
        subscriber.next(token as Members | typeof NOTHING);
        subscriber.complete();
      },
      error: (error) => {
        subscriber.error(error);
      },
    });
    subscriber.add(() => {
      entry.leave();
    });
    entry.proceed();
  });
}

/** Entering the members: all at once, or each after the one before. */
class Entry {
  private readonly opened: Holding[] = [];
  private readonly entered = new Map<Holding, unknown>();
  private failure: Exit | null = null;
  private running = 0;
  private over = false;
  private proceeding = false;

  constructor(
    private readonly sources: readonly Resource<unknown>[],
    private readonly scope: Scope,
    private readonly concurrent: boolean,
    private readonly sink: Sink,
  ) {}

  /** Opens what can be opened now; a loop, so that synchronous members do not nest. */
  proceed(): void {
    if (this.proceeding || this.over) return;
    this.proceeding = true;
    while (this.mayOpen()) this.openNext();
    this.proceeding = false;
    if (this.running === 0 && !this.mayOpen()) this.conclude();
  }

  leave(): void {
    if (this.over) return;
    this.over = true;
    for (const holding of this.opened.reverse()) holding.leave();
  }

  private mayOpen(): boolean {
    if (this.over || this.opened.length === this.sources.length) return false;
    return this.concurrent || (this.running === 0 && this.failure === null);
  }

  private openNext(): void {
    const source = this.sources[this.opened.length] as Resource<unknown>;
    const holding = new Holding(source.name, false, this.scope.link, rxLayer, {
      entered: (handle) => {
        this.entered.set(holding, handle);
        this.settled();
      },
      ended: (outcome) => {
        if (this.over) return; // closed as a member
        const before = this.failure ?? COMPLETE;
        this.failure = outcome.kind === 'error' ? afterFailure(before, outcome.error) : before;
        if (!this.entered.delete(holding)) this.settled(); // else it was entered, and lost since
      },
    });
    this.opened.push(holding);
    this.running++;
    holding.open(nodeOf(source));
  }

  private settled(): void {
    this.running--;
    this.proceed();
  }

  private conclude(): void {
    if (this.over) return;
    this.over = true;
    const { sink, failure } = this;
    const held = this.opened.filter((holding) => this.entered.has(holding));
    if (failure === null) {
      sink.value(
        new Members(
          held,
          held.map((holding) => this.entered.get(holding)),
        ),
      );
      return;
    }
    closeInReverse(held, failure, (outcome) => {
      if (outcome.kind === 'error') sink.error(outcome.error);
      else sink.value(NOTHING);
    });
  }
}
