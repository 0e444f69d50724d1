import { Subject } from 'rxjs';

import { consume, exitStack, named, using, type Consumption, type Exit, type ExitStack } from '../../core/index.js';

/** A scope that is opened and ended by hand: a stack, held while a body that is nothing but its end goes on. */
export class RequestHolding {
  readonly stack: ExitStack;
  private readonly body = new Subject<never>();
  private readonly consumption: Consumption;
  private isEnding = false;

  /** `onLost` is told when a handle is lost; everything has been released then. */
  constructor(onLost: (error: unknown) => void) {
    let opened: ExitStack | undefined;
    const scope = using(exitStack().pipe(named('request')), (stack) => {
      opened = stack;
      return this.body;
    });
    this.consumption = consume(scope, {
      error: (error: unknown) => {
        if (!this.isEnding) onLost(error);
      },
    });
    this.stack = opened as unknown as ExitStack; // a stack is entered synchronously
  }

  /** Releases everything. Rejects with the outcome's error, which is the exit's own where nothing else failed. */
  async end(exit: Exit): Promise<void> {
    this.isEnding = true;
    if (exit.kind === 'unsubscribe') return this.consumption.close();
    if (exit.kind === 'error') this.body.error(exit.error);
    else this.body.complete();
    return this.consumption.done;
  }
}
