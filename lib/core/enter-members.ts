import { closeInReverse } from './close-members.js';
import { Background } from './engine/background.js';
import { afterFailure, COMPLETE, type Exit, isNews, UNSUBSCRIBE } from './engine/exit.js';
import { Holding } from './engine/holding.js';
import { GONE, NOTHING, type Scope, type Sink } from './engine/scope.js';
import { over, settle } from './engine/unwind.js';
import { rxLayer } from './layer.js';
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
   * Left while entering: nothing new is opened, and what is entering is told at once. Each member is released when it
   * is its turn, in reverse order as on every other path (law 4), also where it is acquired or given up before that.
   */
  leave(): void {
    if (this.over) return;
    this.background = new Background(null, rxLayer);
    if (this.closing) return;
    this.closing = true;
    // Entering has failed, as far as it went, and nobody is left to be told (law 13).
    if (this.failure?.kind === 'error') rxLayer.report(this.failure.error);
    const held = new Set(this.entered.keys());
    const open = this.opened.filter((holding) => held.has(holding) || holding.state !== GONE);
    for (const holding of [...open].reverse()) {
      if (held.has(holding)) continue;
      holding.pending++; // until its turn
      holding.close(UNSUBSCRIBE, ignore);
    }
    const letGo = (holding: Holding): void => {
      if (held.has(holding)) return;
      holding.pending--;
      settle(holding);
    };
    closeInReverse(open, UNSUBSCRIBE, (outcome) => { this.finish(outcome, UNSUBSCRIBE); }, letGo); // prettier-ignore
  }

  private mayOpen(): boolean {
    if (this.over || this.closing || this.opened.length === this.sources.length) return false;
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
          const before = this.failure ?? (outcome.kind === 'error' ? COMPLETE : outcome);
          this.failure = outcome.kind === 'error' ? afterFailure(before, outcome.error) : before;
          if (!this.entered.delete(holding)) this.settled(); // else it was entered, and lost since
        },
      },
      this.scope,
    );
    this.opened.push(holding);
    this.running++;
    holding.open(nodeOf(source));
  }

  private settled(): void {
    this.running--;
    this.proceed();
  }

  private conclude(): void {
    if (this.over || this.closing) return;
    const held = this.opened.filter((holding) => this.entered.has(holding));
    const { failure } = this;
    if (failure === null) {
      this.over = true;
      const handles = held.map((holding) => this.entered.get(holding));
      this.sink.value(new Members(held, handles));
      return;
    }
    this.closing = true;
    closeInReverse(held, failure, (outcome) => {
      this.finish(outcome, failure);
    });
  }

  /** All is released. Who has left, perhaps meanwhile, is told of what the releases added alone. */
  private finish(outcome: Exit, exit: Exit): void {
    const { background, sink } = this;
    this.over = true;
    if (background !== null) over(background, isNews(outcome, exit) ? outcome : UNSUBSCRIBE);
    else if (outcome.kind === 'error') sink.error(outcome.error);
    else sink.value(NOTHING);
  }
}

function ignore(): void {
  // told through `ended`
}
