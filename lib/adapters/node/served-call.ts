import type { Transferable } from 'node:worker_threads';

import { isObservable } from 'rxjs';

import { saysAborted } from '../../core/engine/exit.js';
import { toAsyncIterable } from '../../interop/index.js';
import { packError, packText } from './packed-error.js';
import type { CallContext } from './worker-calls.js';
import type { CallAnswer, PackedError, ParentPort } from './worker-port.js';

/** What a call is answered by. */
export type Handler = (input: unknown, context: CallContext) => unknown;

/** One call in the worker: answers each time it is asked, with a result or the end. */
export class ServedCall {
  private readonly aborting = new AbortController();
  private readonly moved = new WeakMap<object, readonly Transferable[]>();
  private iterator: AsyncIterator<unknown, unknown> | null = null;
  /** What is being waited for. */
  private pending: Promise<unknown> = Promise.resolve();
  private isLeft = false;
  private cancelled: Promise<void> | null = null;

  constructor(
    private readonly id: number,
    private readonly port: ParentPort,
    /** Told when the call is over. */
    private readonly over: () => void,
  ) {}

  start(handler: Handler, input: unknown): void {
    let answer: unknown;
    try {
      answer = handler(input, { signal: this.aborting.signal, transfer: this.transfer });
      this.iterator = iteratorOf(answer);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.iterator !== null) this.ask();
    else
      this.wait(answer, (value) => {
        this.answer('last', value);
      });
  }

  ask(): void {
    const asked = (async () => this.iterator?.next())();
    this.wait(asked, (result) => {
      const { done, value } = result as IteratorResult<unknown, unknown>;
      if (done) this.end();
      else this.answer('value', value);
    });
  }

  /** Aborts, and answers when what it does has ended. */
  cancel(): Promise<void> {
    return (this.cancelled ??= this.leave());
  }

  private async leave(): Promise<void> {
    this.isLeft = true;
    this.aborting.abort();
    const leaving = (async () => this.iterator?.return?.())(); // called at once
    for (const settled of await Promise.allSettled([leaving, this.pending])) {
      if (settled.status === 'fulfilled' || saysAborted(settled.reason, this.aborting.signal)) continue;
      this.fail(settled.reason);
      return;
    }
    this.end();
  }

  /** Waits for something, unless it is cancelled meanwhile: then that waits for it. */
  private wait(what: unknown, told: (value: unknown) => void): void {
    this.pending = Promise.resolve(what);
    this.pending.then(
      (value) => {
        if (!this.isLeft) told(value);
      },
      (error: unknown) => {
        if (!this.isLeft) this.fail(error);
      },
    );
  }

  private readonly transfer = <T extends object>(value: T, parts: readonly Transferable[]): T => {
    this.moved.set(value, parts);
    return value;
  };

  private answer(rxscope: 'value' | 'last', value: unknown): void {
    const parts = typeof value === 'object' && value !== null ? this.moved.get(value) : undefined;
    try {
      this.port.postMessage({ rxscope, id: this.id, value } satisfies CallAnswer, parts);
    } catch (error) {
      void this.refuse(error);
      return;
    }
    if (rxscope === 'last') this.over();
  }

  /** For a result that cannot be sent. */
  private async refuse(error: unknown): Promise<void> {
    this.isLeft = true;
    try {
      await this.iterator?.return?.();
    } finally {
      this.fail(error);
    }
  }

  private end(): void {
    this.port.postMessage({ rxscope: 'end', id: this.id } satisfies CallAnswer);
    this.over();
  }

  private fail(error: unknown): void {
    const told = (packed: PackedError): CallAnswer => ({ rxscope: 'error', id: this.id, error: packed });
    try {
      this.port.postMessage(told(packError(error)));
    } catch {
      this.port.postMessage(told(packText(error)));
    }
    this.over();
  }
}

/** What is asked for results one by one; null for a value, or a promise of one. */
function iteratorOf(answer: unknown): AsyncIterator<unknown, unknown> | null {
  const iterable = answer as Partial<AsyncIterable<unknown, unknown>> | null | undefined;
  const open = iterable?.[Symbol.asyncIterator];
  if (typeof open === 'function') return open.call(iterable as AsyncIterable<unknown, unknown>);
  return isObservable(answer) ? toAsyncIterable(answer)[Symbol.asyncIterator]() : null;
}
