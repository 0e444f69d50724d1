import { Subscriber } from 'rxjs';

/** What an operator of our own does with the source. */
export interface SourceHandlers<S> {
  next(value: S): void;
  complete(): void;
  fail(error: unknown): void;
}

/** The source's end of an operator: left with the consumer, and linked to it for whatever is upstream. */
export class Upstream<S> extends Subscriber<S> {
  constructor(
    consumer: Subscriber<never>,
    private readonly handlers: SourceHandlers<S>,
  ) {
    super(consumer);
  }

  protected override _next(value: S): void {
    this.handlers.next(value);
  }

  protected override _error(error: unknown): void {
    this.handlers.fail(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.handlers.complete();
  }
}
