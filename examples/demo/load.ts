import { tap, type Observable } from 'rxjs';
import { combine, pull, use } from 'rxscope';
import { connections } from './connections.js';
import type { Options } from './options.js';
import { cityPages, prefetch, type CityPage } from './pages.js';
import { progressBar } from './progress.js';
import { save } from './save.js';
import type { Session } from './session.js';
import { traffic } from './traffic.js';

/**
 * Brings all pages into the database and emits each once it is committed.
 *
 * A page is asked for when a worker is free to save it, and one more is fetched meanwhile: as many pages are under way
 * as there are workers, and that one, whatever is the slower side.
 */
export function load(session: Session, { size, workers, hold }: Options): Observable<CityPage> {
  const { config, server } = session;
  const tools = combine({
    advance: progressBar(server.total),
    counter: traffic(prefetch),
    connection: connections(config, workers),
  });
  return tools.pipe(
    use(({ advance, counter, connection }) => {
      const work = (page: CityPage): Observable<CityPage> => {
        counter.taken();
        return connection.pipe(use((client) => save(page, client, session, hold)));
      };
      return pull(cityPages(server.url, size, counter).pages, ({ page }) => work(page), { concurrency: workers }).pipe(
        tap(({ cities }) => advance(cities.length)),
      );
    }),
  );
}
