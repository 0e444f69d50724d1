import {
  lease,
  ResourceLostError,
  type AcquireContext,
  type Exit,
  type Lease,
  type Resource,
} from '../../core/index.js';
import type { Cursor } from './rows-cursor.js';

/** What a cursor has, batch by batch, each fetched when it is asked for. Opened at the first, closed when it is left. */
export async function* batches<R extends object>(
  cursors: Resource<Cursor<R>>,
  size: number,
  { signal }: AcquireContext,
): AsyncGenerator<readonly R[], void, undefined> {
  const held = await lease(cursors, { signal });
  let exit: Exit = { kind: 'unsubscribe' };
  let isLeft = true;
  try {
    for (;;) {
      const batch = await held.value.fetch(size, signal);
      if (batch.length > 0) yield batch;
      if (batch.length < size) break;
    }
    isLeft = false;
    exit = { kind: 'complete' };
  } catch (error) {
    isLeft = signal.aborted;
    // Where the connection has died, that is the failure; what the client says after it says less.
    if (!isLeft && !held.value.isGone) exit = { kind: 'error', error };
    throw error;
  } finally {
    await closed(held, exit, isLeft);
  }
}

/** A connection that has died is no news to one who leaves. */
async function closed(held: Lease<unknown>, exit: Exit, isLeft: boolean): Promise<void> {
  try {
    await held.release(exit);
  } catch (error) {
    if (!(isLeft && error instanceof ResourceLostError)) throw error;
  }
}
