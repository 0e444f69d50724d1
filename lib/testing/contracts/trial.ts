import { asyncScheduler, config, type Unsubscribable } from 'rxjs';

import { lease, settled, watchResources, type Lease, type OpenResource, type Resource } from '../../core/index.js';
import { show } from '../show.js';
import { turn } from '../turn.js';
import { ContractError } from './contract-error.js';
import type { LawNumber } from './laws.js';

/** Options of every contract. */
export interface TrialOptions {
  /** Milliseconds after which what has not happened counts as never happening. Default 1000. */
  readonly patience?: number;
}

/** Turns of the event loop after which RxJS has reported what nobody handled, and a missing answer is told as such. */
const SOME_TURNS = 3;

/** Turns in which whatever does not wait for the outside world is over. */
const MANY_TURNS = 100;

/** One case while it runs: what it waits for, and what has to be in order when it is over. */
export class Trial {
  private readonly patience: number;
  private readonly open = new Set<OpenResource>();
  private readonly unhandled: unknown[] = [];
  private readonly undo: (() => unknown)[] = [];
  private emptied: () => void = nothing;

  private constructor(
    { patience = 1000 }: TrialOptions,
    private readonly wasSettled: boolean,
  ) {
    this.patience = patience;
    const previous = config.onUnhandledError;
    config.onUnhandledError = (error) => this.unhandled.push(error);
    this.undo.push(() => (config.onUnhandledError = previous));
  }

  /** What `begin` opens belongs to what is under test, and may stay open. */
  static async run<C>(
    options: TrialOptions,
    begin: (trial: Trial) => Promise<C>,
    test: (context: C) => Promise<void> | void,
  ): Promise<void> {
    const wasSettled = await isSettled();
    const trial = new Trial(options, wasSettled);
    try {
      const context = await begin(trial);
      trial.watch();
      await test(context);
      await trial.rest();
      await trial.assertHandled();
    } catch (error) {
      throw trial.explained(error);
    } finally {
      await trial.stop();
    }
  }

  /** Left when the case is over, where it has not been before. */
  keep<S extends Unsubscribable>(subscription: S): S {
    this.finally(() => {
      subscription.unsubscribe();
    });
    return subscription;
  }

  /** Done when the case is over, before what was to be done so far. */
  finally(undo: () => unknown): void {
    this.undo.unshift(undo);
  }

  check(law: LawNumber, isMet: boolean, expected: string, actual: string): void {
    if (!isMet) throw new ContractError({ law, expected, actual });
  }

  /** Looks at every turn of the event loop, until it is so. */
  async until(law: LawNumber, isMet: () => boolean, expected: string, actual: () => string): Promise<void> {
    const begin = asyncScheduler.now();
    for (let turns = 0; !isMet(); turns++) {
      if (turns > SOME_TURNS && asyncScheduler.now() - begin >= this.patience) {
        const after = `${actual()}, ${this.patience} ms after`;
        throw new ContractError({ law, expected, actual: after });
      }
      await turn();
    }
  }

  /** What the promise answers. One that rejects is as wrong as one that never does. `seen` is called as it settles. */
  async within<T>(law: LawNumber, promise: PromiseLike<T>, expected: string, seen = nothing): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
      seen();
    };
    promise.then(mark, mark);
    await this.until(
      law,
      () => isSettled,
      expected,
      () => 'it has not settled',
    );
    try {
      return await promise;
    } catch (cause) {
      throw new ContractError({ law, expected, actual: `it rejected with ${show(cause)}`, cause });
    }
  }

  /** A lease, given back when the case is over, where it has not been before. */
  async lease<T>(law: LawNumber, resource: Resource<T>, expected: string): Promise<Lease<T>> {
    const controller = new AbortController();
    const entering = lease(resource, { signal: controller.signal });
    this.finally(() => {
      controller.abort();
      return entering.then((held) => held.release());
    });
    return this.within(law, entering, expected);
  }

  /** Waits until every scope of this case has gone, `seen` being called then, and no release runs in the background. */
  async rest(seen = nothing): Promise<void> {
    if (this.open.size === 0) seen();
    else this.emptied = seen;
    const names = (): string => [...this.open].map(({ name, state }) => `${name} (${state})`).join(', ');
    await this.until(1, () => this.open.size === 0, 'every scope gone when everything has been left', names);
    // What ran in the background before may be anything, and go on for as long as it likes.
    if (this.wasSettled) await this.within(12, settled(), 'settled() to resolve: no release in the background');
  }

  private async assertHandled(): Promise<void> {
    for (let turns = 0; turns < SOME_TURNS; turns++) await reports();
    if (this.unhandled.length === 0) return;
    const [first] = this.unhandled;
    throw new ContractError({ law: 1, expected: 'no error that nobody handled', actual: show(first), cause: first });
  }

  private explained(error: unknown): unknown {
    const [first] = this.unhandled;
    if (!(error instanceof ContractError) || this.unhandled.length === 0 || error.cause === first) return error;
    const { law, expected, actual } = error;
    return new ContractError({ law, expected, actual: `${actual}; nobody handled ${show(first)}`, cause: first });
  }

  private watch(): void {
    const unwatch = watchResources((scope) => {
      this.open.add(scope);
      return () => {
        this.open.delete(scope);
        if (this.open.size === 0) this.emptied();
      };
    });
    this.undo.push(unwatch);
  }

  /** Waits for what is undone, though not for ever: it may be what is broken. */
  private async stop(): Promise<void> {
    const undone = Promise.allSettled(this.undo.map((undo) => undo()));
    await Promise.race([undone, manyTurns()]);
    for (let turns = 0; turns < SOME_TURNS; turns++) await turn();
  }
}

function nothing(): void {
  // nobody looks
}

async function manyTurns(): Promise<void> {
  for (let turns = 0; turns < MANY_TURNS; turns++) await turn();
}

async function isSettled(): Promise<boolean> {
  let isDone = false;
  void settled().then(() => (isDone = true));
  await turn();
  return isDone;
}

/** RxJS reports in a timer of its own: one that was started after it comes after it. */
function reports(): Promise<void> {
  return new Promise((resolve) => {
    asyncScheduler.schedule(() => {
      resolve();
    });
  });
}
