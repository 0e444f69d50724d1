/** The ways to write one synchronous scope that emits its handle, shared by the workloads that differ in how they run it. */
import { Effect } from 'effect';
import { defer, finalize, Observable, of, using } from 'rxjs';
import { rxscope } from './library.js';
import { acquire, type Handle, type Held, hold, release, use } from './scope.js';

export const byHand = (): Observable<Handle> =>
  new Observable((subscriber) => {
    const handle = acquire();
    try {
      subscriber.next(handle);
    } finally {
      release(handle);
    }
    subscriber.complete();
  });

export const byUsing = (): Observable<Handle> => using(hold, (held) => of((held as Held).handle));

export const byFinalize = (): Observable<Handle> =>
  defer(() => {
    const handle = acquire();
    return of(handle).pipe(finalize(() => release(handle)));
  });

export const byEffect = (): Effect.Effect<number> =>
  Effect.acquireUseRelease(
    Effect.sync(acquire),
    (handle) => Effect.sync(() => use(handle)),
    (handle) => Effect.sync(() => release(handle)),
  );

export const managed = () => rxscope.resource({ acquire, release });

export const byRxscope = (resource = managed()): Observable<Handle> => rxscope.using(resource, (handle) => of(handle));
