/** Workers that compete for a lock or for the handles of a pool. */
import type { Observable, Observer } from 'rxjs';
import type { Run } from '../measure/workload.js';

/** So many workers at once, each of which takes what it needs so many times, one after the other. */
export type Workers = (count: number, times: number) => Promise<void>;

/** Each operation is one turn of every worker. */
export const working =
  (workers: Workers, count: number): Run =>
  (operations) =>
    workers(count, operations);

/** `turn` takes, uses and gives back. */
export function awaiting(turn: () => Promise<unknown>): Workers {
  const work = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) await turn();
  };
  return async (count, times) => {
    await Promise.all(Array.from({ length: count }, () => work(times)));
  };
}

/** A subscription takes, uses and gives back; what is awaited is the last completion of all. */
export function subscribing(source: Observable<unknown>): Workers {
  return (count, times) =>
    new Promise((resolve, reject) => {
      let working = count;
      const done = (): void => {
        working -= 1;
        if (working === 0) resolve();
      };
      for (let i = 0; i < count; i += 1) source.subscribe(new Worker(source, times, done, reject));
    });
}

class Worker implements Observer<unknown> {
  private left: number;
  private readonly source: Observable<unknown>;
  private readonly done: () => void;
  readonly error: (error: unknown) => void;

  constructor(source: Observable<unknown>, times: number, done: () => void, error: (error: unknown) => void) {
    this.source = source;
    this.left = times;
    this.done = done;
    this.error = error;
  }

  next(): void {
    // the section has done all there is to do
  }

  complete(): void {
    this.left -= 1;
    if (this.left > 0) this.source.subscribe(this);
    else this.done();
  }
}
