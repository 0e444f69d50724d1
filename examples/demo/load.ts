import { defer, merge, mergeMap, of, repeat, takeWhile, tap, type Observable } from 'rxjs';
import { using } from 'rxscope';
import { announced } from './announced.js';
import { connection } from './database.js';
import type { Options } from './options.js';
import { pages, type Page } from './pages.js';
import { progressBar } from './progress.js';
import { save } from './save.js';
import type { Session } from './session.js';

/**
 * Brings all pages into the database and emits each once it is committed.
 *
 * A few workers share one generator of pages. Each has a connection, and asks for its next page when it has saved the
 * one before: as many pages are under way as there are workers, whatever is the slower side.
 */
export function load(session: Session, options: Options): Observable<Page> {
  const { url, total } = session.server;
  return using(progressBar(total), (advance) =>
    using(pages(url, options.size), (generator) => {
      const names = Array.from({ length: options.workers }, (_, index) => `connection of worker ${String(index + 1)}`);
      return merge(...names.map((name) => worker(name, generator, session, options)));
    }).pipe(tap(({ cities }) => advance(cities.length))),
  );
}

function worker(name: string, generator: AsyncGenerator<Page>, session: Session, options: Options): Observable<Page> {
  return using(connection(session.config).pipe(announced(name)), (client) =>
    defer(() => generator.next()).pipe(
      mergeMap((step) => (step.done === true ? of(null) : save(step.value, client, session, options.hold))),
      repeat(),
      takeWhile((page) => page !== null),
    ),
  );
}
