import { rm } from 'node:fs/promises';

import { asyncScheduler, defer, retry, throwError, timer, type Observable, type SchedulerLike } from 'rxjs';

/** What goes away by itself: somebody still has it open, scans it, or has just written into it. */
const TRANSIENT = new Set(['EBUSY', 'ENOTEMPTY', 'EPERM']);

/** How often it is tried again, and the first pause in ms; each is twice the one before: 1.55 s in all. */
const TRIES = 5;
const PAUSE = 50;

/** How a path is removed. */
export interface Removal {
  /** Whether a directory is removed, with all that is in it. */
  readonly recursive: boolean;
  readonly scheduler?: SchedulerLike | undefined;
  /** Stands in for Node's `rm`, which removes links and not what they point to. */
  readonly remove?: (path: string | Buffer) => Promise<void>;
}

/** Removes what is there, if anything, and tries again where that may help. */
export function removePath(path: string | Buffer, removal: Removal): Observable<void> {
  const { recursive, scheduler = asyncScheduler } = removal;
  const remove = removal.remove ?? ((own: string | Buffer) => rm(own, { recursive, force: true }));
  return defer(() => remove(path)).pipe(
    retry({
      count: TRIES,
      delay: (error: unknown, tries) =>
        TRANSIENT.has((error as NodeJS.ErrnoException).code ?? '')
          ? timer(PAUSE * 2 ** (tries - 1), scheduler)
          : throwError(() => error),
    }),
  );
}
