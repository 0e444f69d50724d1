/** A worker for the specs: what it does is asked for by name. `workerData` says what it holds, and how that goes. */
import { parentPort, workerData } from 'node:worker_threads';
import { from, interval, map, NEVER, Observable, of } from 'rxjs';
import { serveCalls, type CallContext } from '../../../../lib/adapters/node/index.js';
import { fromAsyncIterable, resource } from '../../../../lib/index.js';

export interface CallsData {
  /** A shared counter: how many calls have ended in their `finally`. */
  readonly ended?: SharedArrayBuffer;
  /** How entering or releasing goes. */
  readonly how?:
    'acquire fails' | 'acquire exits' | 'acquire hangs' | 'release fails' | 'release hangs' | 'stray timer' | 'lost';
}

const data = (workerData ?? {}) as CallsData;
const ended = data.ended === undefined ? null : new Int32Array(data.ended);
const count = (): void => {
  if (ended !== null) Atomics.add(ended, 0, 1);
};

/** Resolves when the signal aborts, and a little later. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(resolve, 20));
  });

class Odd extends Error {
  override name = 'Odd';
  code = 'E_ODD';
}

const calls = {
  double: (n: number) => n * 2,
  later: async (text: string) => Promise.resolve(text.toUpperCase()),
  nothing: () => undefined,
  list: (n: number) => Array.from({ length: n }, (_, index) => index),
  greeting: (name?: string) => `hello ${name ?? 'you'}`,
  async *upTo(n: number) {
    try {
      for (let value = 1; value <= n; value++) {
        produced = value;
        yield value;
      }
    } finally {
      count();
    }
  },
  produced: () => produced,
  letters: (text: string) => from(text.split('')),
  ticks: () => interval(1).pipe(map((tick) => `tick ${String(tick)}`)),
  asked: () => fromAsyncIterable(async function* () { yield* [1, 2]; }), // prettier-ignore
  silence: () => new Observable<never>(() => count),
  forever: () => NEVER,
  waits: async (_input: undefined, { signal }: CallContext) => {
    await aborted(signal);
    count();
    return 'too late';
  },
  rejectsAborted: (_input: undefined, { signal }: CallContext) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        count();
        reject(signal.reason as Error);
      });
    }),
  failsAborted: (_input: undefined, { signal }: CallContext) =>
    aborted(signal).then(() => {
      throw new Odd('could not stop');
    }),
  async *stuck(): AsyncGenerator<number> {
    await new Promise(() => undefined);
    yield 1;
  },
  loops: () => {
    for (;;);
  },
  throws: (what: 'range' | 'odd' | 'text' | 'caused' | 'function' | 'undefined') => {
    if (what === 'range') throw new RangeError('too far');
    if (what === 'odd') throw new Odd('strange');
    if (what === 'text') throw 'just text';
    if (what === 'caused') throw new Error('outer', { cause: new Odd('inner') });
    if (what === 'function') throw () => 1;
    throw undefined;
  },
  async *failsAfter(n: number) {
    for (let value = 1; value <= n; value++) yield value;
    throw new Odd('enough');
  },
  notSent: () => () => 1,
  async *notSentLater() {
    try {
      yield 1;
      yield Symbol('no');
      yield 3;
    } finally {
      count();
    }
  },
  sum: (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0),
  bytes: (length: number, { transfer }: CallContext) => {
    const bytes = new Uint8Array(length).fill(7);
    made = bytes;
    return transfer({ bytes }, [bytes.buffer]);
  },
  lengthHere: () => made.length,
  exit: (code: number) => process.exit(code),
  crash: () => {
    setImmediate(() => {
      throw new Odd('uncaught');
    });
    return NEVER;
  },
  fill: () => {
    const all: unknown[] = [];
    for (;;) all.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
  },
  chatter: () => {
    parentPort?.postMessage('a message of its own');
    parentPort?.postMessage({ rxscope: 'value', id: 12_345, value: 'of nobody' });
    return 'said';
  },
};

let produced = 0;
let made = new Uint8Array();

export type Calls = typeof calls;

const held = resource({
  acquire: async () => {
    if (data.how === 'acquire fails') throw new Odd('no model');
    if (data.how === 'acquire exits') process.exit(3);
    if (data.how === 'acquire hangs') await new Promise((resolve) => setInterval(resolve, 2 ** 31 - 1));
    if (data.how === 'stray timer') setInterval(() => undefined, 1000);
    return calls;
  },
  release: async () => {
    if (data.how === 'release hangs') await new Promise((resolve) => setInterval(resolve, 2 ** 31 - 1));
    count();
    if (data.how === 'release fails') throw new Odd('still in use');
  },
  lost: () => (data.how === 'lost' ? of('model gone') : NEVER),
});

void serveCalls(held);
