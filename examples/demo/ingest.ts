import { EMPTY, ignoreElements, merge, Subject, switchMap, take, type Observable } from 'rxjs';
import { using } from 'rxscope';
import { storedRows } from './city-table.js';
import { load } from './load.js';
import { alone } from './lock.js';
import type { Options } from './options.js';
import { count, say } from './output.js';
import type { Service } from './service.js';

/**
 * Two ingests at once, of which one may work at a time. The second one comes as soon as the first has the lock, waits for
 * it, and then finds that there is nothing left to do.
 */
export function ingests(service: Service, options: Options): Observable<never> {
  const begun = new Subject<void>();
  const first = alone('first ingest', service, () => {
    begun.next();
    return ingest('first ingest', service, options);
  });
  const second = begun.pipe(
    take(1),
    switchMap(() => alone('second ingest', service, () => ingest('second ingest', service, options))),
  );
  return merge(second, first).pipe(ignoreElements());
}

/** Brings everything into the database that is not there. */
function ingest(who: string, service: Service, options: Options): Observable<unknown> {
  const { pool, table, total } = service;
  return using(pool.lease, (client) => storedRows(client, table)).pipe(
    switchMap((stored) => {
      if (stored === 0) return load(service, options);
      say(`${who}: ${count(stored)} of ${count(total)} places are there already`);
      return EMPTY;
    }),
  );
}
