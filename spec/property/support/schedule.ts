import fc from 'fast-check';
import { Observable, Subject } from 'rxjs';

import { microtasks } from '../../support/microtasks.js';

/** What happens to an iterator over a subject that counts up. */
export type Step =
  | { readonly kind: 'emit'; readonly count: number }
  | { readonly kind: 'ask' }
  | { readonly kind: 'tick' }
  | { readonly kind: 'quiet' };

export interface Schedule {
  /** How many values come inside subscribe. */
  readonly first: number;
  readonly steps: readonly Step[];
  /** How the source ends, in the same turn as the last step; `open`: it does not. */
  readonly end: 'complete' | 'error' | 'open';
}

export type Iterate = (source: Observable<number>) => AsyncIterator<unknown, unknown>;

/** What a consumer has seen that asks for one at a time, and in the end for all there is. */
export interface Seen {
  readonly values: readonly unknown[];
  readonly end: string;
}

const emit = fc.record({ kind: fc.constant('emit' as const), count: fc.integer({ min: 1, max: 4 }) });
const step = (kind: 'ask' | 'tick' | 'quiet'): fc.Arbitrary<Step> => fc.constant({ kind });

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  first: fc.nat(3),
  steps: fc.array(fc.oneof(emit, step('ask'), step('tick'), step('quiet')), { maxLength: 14 }),
  end: fc.constantFrom('complete', 'error', 'open'),
});

/** Long enough for every promise in between. */
export const quiet = (): Promise<void> => microtasks(15);

export const failure = new Error('failure');

/** Goes through a schedule. A `fast` consumer asks again whenever it has been answered. */
export async function play(iterate: Iterate, { first, steps, end }: Schedule, fast = false): Promise<Seen> {
  const subject = new Subject<number>();
  let count = 0;
  const source = new Observable<number>((subscriber) => {
    for (let i = 0; i < first; i++) subscriber.next(++count);
    return subject.subscribe(subscriber);
  });
  const consumer = new Consumer(iterate(source), fast);
  if (fast) consumer.ask();
  for (const one of steps) {
    if (one.kind === 'emit') for (let i = 0; i < one.count; i++) subject.next(++count);
    else if (one.kind === 'tick') await Promise.resolve();
    else await quiet();
    if (one.kind === 'ask') consumer.ask();
  }
  if (end === 'complete') subject.complete();
  else if (end === 'error') subject.error(failure);
  await consumer.drain();
  const seen = { values: [...consumer.values], end: consumer.end };
  subject.complete();
  await consumer.iterator.return?.();
  return seen;
}

class Consumer {
  readonly values: unknown[] = [];
  end = 'open';
  private pending = false;

  constructor(
    readonly iterator: AsyncIterator<unknown, unknown>,
    private readonly fast: boolean,
  ) {}

  ask(): void {
    if (this.pending || this.end !== 'open') return;
    this.pending = true;
    this.iterator.next().then(
      ({ done, value }) => {
        this.pending = false;
        if (done === true) this.end = 'complete';
        else this.values.push(value);
        if (this.fast) this.ask();
      },
      (error: unknown) => {
        this.pending = false;
        this.end = error === failure ? 'error' : String(error);
      },
    );
  }

  async drain(): Promise<void> {
    await quiet();
    while (!this.pending && this.end === 'open') {
      this.ask();
      await quiet();
    }
  }
}
