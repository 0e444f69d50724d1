import { closeInReverse } from './close-members.js';
import { Background } from './engine/background.js';
import { afterFailure, COMPLETE, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import { NOTHING, type Scope, type Sink } from './engine/scope.js';
import { abort, isAbort } from './engine/teardown.js';
import { over } from './engine/unwind.js';
import { rxLayer } from './layer.js';
import { isNews } from './outcome.js';
import { nodeOf, type Resource } from './resource-class.js';

/** The members of a combined resource once all have been entered, in their order. */
export class Members {
  constructor(
    readonly holdings: readonly Holding[],
    readonly handles: unknown[],
  ) {}
}

/** Entering the members: all at once, or each after the one before. */
export class Entry {
  private readonly opened: Holding[] = [];
  private readonly entered = new Map<Holding, unknown>();
  private failure: Exit | null = null;
  private running = 0;
  private over = false;
  /** Whether all have settled and those that were entered are being released. */
  private closing = false;
  /** Set once it has been left. */
  private background: Background | null = null;
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

  /**
   * Left while entering: nothing new is opened, what can be given up is, and the rest is waited for. Then all that is
   * held is released in reverse order, as on every other path (law 4).
   */
  leave(): void {
    if (this.over) return;
    this.background = new Background(null, rxLayer);
    if (this.closing) return;
    for (const holding of [...this.opened].reverse()) {
      if (this.entered.has(holding)) continue;
      if ((holding.more?.cancel ?? null) === null) abort(holding, null);
      else holding.close(UNSUBSCRIBE, ignore);
    }
    this.proceed();
  }

  private mayOpen(): boolean {
    if (this.over || this.background !== null || this.opened.length === this.sources.length) return false;
    return this.concurrent || (this.running === 0 && this.failure === null);
  }

  private openNext(): void {
    const source = this.sources[this.opened.length] as Resource<unknown>;
    const holding = new Holding(
      source.name,
      false,
      this.scope.link,
      rxLayer,
      {
        entered: (handle) => {
          this.entered.set(holding, handle);
          this.settled();
        },
        ended: (outcome) => {
          if (this.over || this.closing) return; // closed as a member
          this.fail(outcome, holding);
          if (!this.entered.delete(holding)) this.settled(); // else it was entered, and lost since
        },
      },
      this.scope,
    );
    this.opened.push(holding);
    this.running++;
    holding.open(nodeOf(source));
  }

  private fail(outcome: Exit, holding: Holding): void {
    const before = this.failure ?? COMPLETE;
    if (outcome.kind !== 'error') this.failure = before;
    else if (this.background === null) this.failure = afterFailure(before, outcome.error);
    else if (!isAbort(holding, outcome.error)) rxLayer.report(outcome.error);
  }

  private settled(): void {
    this.running--;
    this.proceed();
  }

  private conclude(): void {
    if (this.over || this.closing) return;
    const held = this.opened.filter((holding) => this.entered.has(holding));
    const { failure, background } = this;
    if (failure === null && background === null) {
      this.over = true;
      const handles = held.map((holding) => this.entered.get(holding));
      this.sink.value(new Members(held, handles));
      return;
    }
    this.closing = true;
    // Entering has failed after the consumer had left (law 13).
    if (background !== null && failure?.kind === 'error') rxLayer.report(failure.error);
    const exit = background === null ? (failure as Exit) : UNSUBSCRIBE;
    closeInReverse(held, exit, (outcome) => {
      this.over = true;
      this.tell(outcome, exit);
    });
  }

  /** Failed, or left, also while it was being released. Who has left is told of what the releases added alone. */
  private tell(outcome: Exit, exit: Exit): void {
    const { background, sink } = this;
    if (background !== null) over(background, isNews(outcome, exit) ? outcome : UNSUBSCRIBE);
    else if (outcome.kind === 'error') sink.error(outcome.error);
    else sink.value(NOTHING);
  }
}

function ignore(): void {
  // told through `ended`
}
