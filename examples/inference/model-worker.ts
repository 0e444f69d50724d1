/** The worker: loads the model, says what it makes of sentences, and unloads it when the worker is closed. */
import { parentPort } from 'node:worker_threads';
import { mapValue, resource } from 'rxscope';
import { serveCalls, type CallContext } from 'rxscope/node';
import model from 'wink-eng-lite-web-model';
import winkNLP, { type WinkMethods } from 'wink-nlp';

export interface Sentence {
  readonly text: string;
  /** From -1, bad, to 1, good. */
  readonly sentiment: number;
  /** What is named in it, such as dates and sums. */
  readonly entities: readonly string[];
}

const log = (line: string): void => parentPort?.postMessage({ log: line });

/** What the worker can be asked for. */
const callsOf = (nlp: WinkMethods) => ({
  /** One result per sentence. Asked for one by one, it can be left between any two of them. */
  // eslint-disable-next-line @typescript-eslint/require-await -- only an async generator is asked for one after the other
  async *sentences(text: string, { signal }: CallContext): AsyncGenerator<Sentence> {
    let count = 0;
    try {
      for (const paragraph of text.split(/\n{2,}/)) {
        for (const sentence of listOf(nlp.readDoc(paragraph).sentences())) {
          count++;
          yield {
            text: sentence.out(),
            // eslint-disable-next-line @typescript-eslint/unbound-method -- names what is asked for
            sentiment: Number(sentence.out(nlp.its.sentiment)),
            entities: sentence.entities().out(),
          };
        }
      }
    } finally {
      log(`${signal.aborted ? 'left' : 'done'} after ${String(count)}`);
    }
  },
});

export type ModelCalls = ReturnType<typeof callsOf>;

const loaded = resource({
  name: 'model',
  acquire: () => {
    const nlp = winkNLP(model);
    log('model loaded');
    return nlp;
  },
  release: () => {
    log('model unloaded');
  },
});

void serveCalls(loaded.pipe(mapValue(callsOf)));

function listOf<T>(collection: { each(this: void, callback: (item: T) => void): void }): T[] {
  const items: T[] = [];
  collection.each((item) => items.push(item));
  return items;
}
