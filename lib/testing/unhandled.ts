import { config } from 'rxjs';

import { equals } from './equals.js';
import { LifecycleError } from './lifecycle-error.js';
import { show } from './show.js';

/** The errors that RxJS could deliver to nobody, from its making until it is stopped. */
export class UnhandledErrors {
  private readonly errors: unknown[] = [];
  private readonly expected: unknown[] = [];
  private readonly previous = { unhandled: config.onUnhandledError, stopped: config.onStoppedNotification };

  /** `dropped`: also the errors that came when their consumer had ended, which RxJS drops without a word. */
  constructor(dropped: boolean) {
    config.onUnhandledError = (error) => this.errors.push(error);
    if (!dropped) return;
    config.onStoppedNotification = (notification) => {
      if (notification.kind === 'E') this.errors.push(notification.error);
    };
  }

  expect(...errors: unknown[]): void {
    this.expected.push(...errors);
  }

  stop(): void {
    config.onUnhandledError = this.previous.unhandled;
    config.onStoppedNotification = this.previous.stopped;
  }

  /** Adds them to another failure, of which they are often the reason. */
  explain(failure: unknown): unknown {
    const { errors, expected } = this;
    if (!(failure instanceof LifecycleError) || equals(errors, expected)) return failure;
    [failure.cause] = errors;
    return failure.extended(`Errors that nobody handled:\n  actual    ${list(errors)}`);
  }

  /** Fails where they are not the expected ones, in their order. */
  assert(): void {
    const { errors, expected } = this;
    if (equals(errors, expected)) return;
    const title = 'The errors that nobody handled differ; expectUnhandled() says which are expected.';
    throw new LifecycleError(`${title}\n  expected  ${list(expected)}\n  actual    ${list(errors)}`, {
      expected: list(expected),
      actual: list(errors),
      ...(errors.length > 0 ? { cause: errors[0] } : {}),
    });
  }
}

function list(errors: readonly unknown[]): string {
  return errors.map(show).join('\n            ') || 'none';
}
