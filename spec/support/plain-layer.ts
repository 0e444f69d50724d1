import type { Exit } from '../../lib/core/engine/exit.js';
import { Holding } from '../../lib/core/engine/holding.js';
import type { Cancel, Collector, Layer, Scope, Sink } from '../../lib/core/engine/scope.js';
import { leaf, type LeafOptions } from '../../lib/core/leaf.js';
import type { Node } from '../../lib/core/engine/scope.js';
import { describeExit } from './journal.js';

/** Something to wait for that belongs to no library, answered by hand. */
export class Later {
  asked: 'first' | 'last' | undefined;
  cancelled = false;
  #sink: Sink | undefined;

  /** With `subscribe`, what the engine takes for an observable. */
  lift(): void {
    throw new Error('never called');
  }

  subscribe(): void {
    throw new Error('never called');
  }

  ask(which: 'first' | 'last', sink: Sink): Cancel {
    this.asked = which;
    this.#sink = sink;
    return {
      unsubscribe: () => {
        this.cancelled = true;
      },
    };
  }

  answer(value?: unknown): void {
    this.#sink?.value(value);
  }

  fail(error: unknown): void {
    this.#sink?.error(error);
  }
}

/** A layer without a reactive library: what shows that the engine needs none. */
export class PlainLayer implements Layer {
  readonly reported: unknown[] = [];
  #time = 0;

  observe(source: object, which: 'first' | 'last', _scope: Scope, sink: Sink): Cancel {
    return (source as Later).ask(which, sink);
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  now(): number {
    return ++this.#time;
  }
}

/** Holdings over a plain layer, and what happens to them. */
export class Bench {
  readonly lines: string[] = [];
  readonly layer = new PlainLayer();

  note(line: string): void {
    this.lines.push(line);
  }

  take(): string[] {
    return this.lines.splice(0);
  }

  /** One acquisition that writes itself down; its handle is its name. */
  leaf(name: string, options: Partial<LeafOptions> = {}): Node {
    return leaf({
      ...options,
      acquire: (scope) => {
        this.note(`+${name}`);
        return options.acquire === undefined ? name : options.acquire(scope);
      },
      release: (token, exit) => {
        this.note(`-${name} ${describeExit(exit)}`);
        return options.release?.(token, exit);
      },
    });
  }

  /** A holding that writes down how it is entered and how it ends. */
  holding(name = 'scope', link: Collector | null = null): Holding {
    return new Holding(name, true, link, this.layer, {
      entered: (handle) => {
        this.note(`entered ${String(handle)}`);
      },
      ended: (outcome) => {
        this.note(`ended ${describeExit(outcome)}`);
      },
    });
  }

  /** Closes and writes down the answer. */
  close(holding: Holding, exit: Exit): void {
    holding.close(exit, (outcome) => {
      this.note(`closed ${describeExit(outcome)}`);
    });
  }

  /** A scope with a body of the test's own. */
  scope(body: Body, link: Collector | null = null): PlainScope {
    return new PlainScope(this, link, body);
  }
}

/** What a scope does with its handle, and how that is ended. */
export interface Body {
  begin(handle: unknown, scope: PlainScope): void;
  tearDown?(scope: PlainScope): void;
}

/** A scope whose body is a pair of functions; it writes down its teardown and what its consumer is told. */
export class PlainScope extends Holding {
  override readonly bodiless = false as never;
  override readonly bare = false as never; // its teardown may throw, and may leave others

  constructor(
    private readonly bench: Bench,
    link: Collector | null,
    private readonly body: Body,
  ) {
    super('scope', true, link, bench.layer, { entered: () => undefined, ended: () => undefined });
  }

  override begin(handle: unknown): void {
    this.body.begin(handle, this);
  }

  override tearDown(): void {
    this.bench.note('torn down');
    this.body.tearDown?.(this);
  }

  override finish(outcome: Exit): void {
    this.bench.note(`told ${describeExit(outcome)}`);
  }
}
