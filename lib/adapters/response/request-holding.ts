import { mergeAll, Subject, type Observable } from 'rxjs';

import { consume, exitStack, named, using, type Consumption, type Exit, type ExitStack } from '../../core/index.js';

/**
 * A scope that is opened and ended by hand: a stack, held while a body goes on. What the handler answers runs in that body, so
 * that leaving it comes before the release, and the release waits for the scopes in it.
 */
export class RequestHolding {
  readonly stack: ExitStack;
  private readonly work = new Subject<Observable<never>>();
  private readonly consumption: Consumption;
  private isEnding = false;

  /** `onLost` is told when a handle is lost; everything has been released then. */
  constructor(onLost: (error: unknown) => void) {
    let opened: ExitStack | undefined;
    const scope = using(exitStack().pipe(named('request')), (stack) => {
      opened = stack;
      return this.work.pipe(mergeAll());
    });
    this.consumption = consume(scope, {
      error: (error: unknown) => {
        if (!this.isEnding) onLost(error);
      },
    });
    this.stack = opened as unknown as ExitStack; // a stack is entered synchronously
  }

  run(work: Observable<never>): void {
    this.work.next(work);
  }

  /** Releases everything. Rejects with the outcome's error, which is the exit's own where nothing else failed. */
  async end(exit: Exit): Promise<void> {
    this.isEnding = true;
    if (exit.kind === 'unsubscribe') return this.consumption.close();
    if (exit.kind === 'error') this.work.error(exit.error);
    else this.work.complete();
    return this.consumption.done;
  }
}
