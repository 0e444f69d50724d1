import { finished, type Writable } from 'node:stream';
import { finished as whenFinished } from 'node:stream/promises';

import {
  BehaviorSubject,
  concat,
  concatMap,
  defer,
  EMPTY,
  fromEvent,
  ignoreElements,
  Observable,
  take,
  takeWhile,
  tap,
} from 'rxjs';

import type { Exit } from '../../core/index.js';
import { pull } from '../../interop/index.js';
import { isOpen, TakenStream } from './taken-stream.js';

/** Where what is written comes from. */
export type SinkSource<T> = Observable<T> | AsyncIterable<T> | Iterable<T>;

type Fail = (error: Error | null | undefined) => void;

/** A stream while it is written to. */
export class Sink<T> extends TakenStream<Writable> {
  /** How many values it was given that it has not yet said to be written. */
  private readonly unwritten = new BehaviorSubject(0);

  /** `ends`: ended with its source, and destroyed where that is left or fails. */
  constructor(
    stream: Writable,
    isOwn: boolean,
    private readonly ends: boolean,
  ) {
    super(stream, isOwn);
  }

  /** Writes all of a source. Completes when the stream has it, fails where the stream does. */
  writeAll(source: SinkSource<T>): Observable<never> {
    const all = new Observable<never>((subscriber) => {
      const fail: Fail = (error) => {
        if (error != null) subscriber.error(error);
      };
      subscriber.add(finished(this.stream, { readable: false }, fail));
      const write = (value: T): Observable<never> => this.write(value, fail);
      const given = isIterable(source) ? pull(source, write) : source.pipe(concatMap(write));
      concat(given, this.written(), this.ended()).subscribe(subscriber);
    });
    // Here and not with the release: that waits until the source has been left, which may take its time.
    return all.pipe(
      tap({
        unsubscribe: () => {
          if (this.ends) this.stream.destroy();
        },
      }),
    );
  }

  async release(exit: Exit): Promise<void> {
    const { stream } = this;
    try {
      if (exit.kind === 'complete' || !this.ends) return;
      const reason = exit.kind === 'error' ? exit.error : undefined;
      stream.destroy(reason as Error | undefined);
      await this.closed();
    } catch (error) {
      if (exit.kind !== 'error' || error !== exit.error) throw error;
    } finally {
      this.letGo();
    }
  }

  /** Completes when the stream takes more. */
  private write(value: T, fail: Fail): Observable<never> {
    const { stream, unwritten } = this;
    unwritten.next(unwritten.value + 1);
    const takesMore = stream.write(value, (error) => {
      fail(error);
      unwritten.next(unwritten.value - 1);
    });
    return takesMore ? EMPTY : fromEvent(stream, 'drain').pipe(take(1), ignoreElements());
  }

  private written(): Observable<never> {
    return this.unwritten.pipe(
      takeWhile((count) => count > 0),
      ignoreElements(),
    );
  }

  private ended(): Observable<never> {
    return this.ends ? defer(() => this.finish()).pipe(ignoreElements()) : EMPTY;
  }

  private async finish(): Promise<void> {
    const { stream, isOwn } = this;
    stream.end();
    await whenFinished(stream, { readable: false, cleanup: true });
    const isHalfOpen = isOwn && isOpen(stream, 'readable');
    if (isHalfOpen && stream.readableFlowing === null) stream.resume();
    // One that closes itself was destroyed right after the event.
    if (isHalfOpen || stream.destroyed) await this.closed();
  }
}

/** Also an observable can be one: it is asked for its values then, instead of being told to start. */
function isIterable<T>(source: SinkSource<T>): source is AsyncIterable<T> | Iterable<T> {
  return typeof source !== 'object' || Symbol.asyncIterator in source || Symbol.iterator in source;
}
