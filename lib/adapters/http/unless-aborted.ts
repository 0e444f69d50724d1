import { onAbort } from '../../internal/on-abort.js';

/** Aborts with a signal, until that is taken back. */
export function follow(signal: AbortSignal, controller: AbortController): () => void {
  if (signal.aborted) controller.abort(signal.reason);
  return onAbort(signal, () => {
    controller.abort(signal.reason);
  });
}

/** What a promise answers, or the signal's reason as soon as it aborts; an answer that comes late is let go of. */
export function unlessAborted<T>(promise: PromiseLike<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const undo = onAbort(signal, () => {
      reject(signal.reason);
    });
    promise.then(
      (value) => {
        undo();
        if (signal.aborted) late?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        undo();
        reject(error);
      },
    );
  });
}
