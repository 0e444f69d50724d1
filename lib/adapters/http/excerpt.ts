import type { SchedulerLike } from 'rxjs';

import type { BodyReader } from './body-reader.js';

/** How much of a body an error keeps, in bytes and in characters. */
const BYTES = 4_096;
const CHARACTERS = 1_000;
/** How long it waits for them. */
const PATIENCE = 1_000; // ms

/** The beginning of a body as text. What cannot be read is not there. */
export async function excerptOf(body: BodyReader, scheduler: SchedulerLike): Promise<string> {
  const late = scheduler.schedule(() => void body.cancel(undefined), PATIENCE);
  const decoder = new TextDecoder();
  let text = '';
  let received = 0;
  try {
    for (let next = await body.next(); next.done !== true; next = await body.next()) {
      received += next.value.byteLength;
      text += decoder.decode(next.value, { stream: true });
      if (received >= BYTES || text.length >= CHARACTERS) break;
    }
  } catch {
    // the status says more
  } finally {
    late.unsubscribe();
  }
  return text.slice(0, CHARACTERS);
}
