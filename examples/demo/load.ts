import { tap, type Observable } from 'rxjs';
import { combine, pull, semaphore, use, using } from 'rxscope';
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
 * Each page takes a permit, then a connection, and gives both back when its transaction is over: so many are saved at a
 * time as there are workers. One more is there already and waits for its turn, and one more is fetched meanwhile,
 * whatever is the slower side.
 */
export function load(session: Session, { size, workers, hold }: Options): Observable<CityPage> {
  const { config, server } = session;
  const tools = combine({
    advance: progressBar(server.total),
    counter: traffic(prefetch),
    pooled: connections(config, workers),
  });
  return tools.pipe(
    use(({ advance, counter, pooled }) => {
      const saving = semaphore(workers, { name: 'saving' });
      const work = (page: CityPage): Observable<CityPage> =>
        using(saving.permit, () => {
          counter.taken();
          return using(pooled.lease, (client) => save(page, client, session, hold));
        });
      const { pages } = cityPages(server.url, size, counter);
      return pull(pages, ({ page }) => work(page), { concurrency: workers + 1 }).pipe(
        tap(({ cities }) => advance(cities.length)),
      );
    }),
  );
}
