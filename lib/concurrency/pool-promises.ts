import type { Observable } from 'rxjs';

import { onAbort } from '../internal/on-abort.js';
import type { Waiting } from './waiting.js';

/** What one who waits is served with, as a promise. Where `signal` aborts first, it leaves. */
export function served<R>(waiting: Waiting, signal: AbortSignal | undefined): Promise<R> {
  if (signal === undefined) {
    return new Promise((resolve, reject) => {
      waiting.answer({ value: resolve, error: reject });
    });
  }
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => {
      if (waiting.row === null) return; // its turn has come, and it is told next
      waiting.unsubscribe();
      reject(signal.reason);
    });
    waiting.answer({
      value: (loan) => {
        forget();
        resolve(loan as R);
      },
      error: (error) => {
        forget();
        reject(error);
      },
    });
  });
}

/** `isMet` is asked now and after each change; what it throws the promise rejects with. */
export function until(changes: Observable<void>, isMet: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      try {
        if (!isMet()) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      watching.unsubscribe();
    };
    const watching = changes.subscribe(look);
    look();
  });
}
