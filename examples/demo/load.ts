import { defer, tap, type Observable } from 'rxjs';
import { combine, pull, semaphore, use, using } from 'rxscope';
import type { Options } from './options.js';
import { cityPages, prefetch, type CityPage } from './pages.js';
import { progressBar } from './progress.js';
import { save } from './save.js';
import type { Service } from './service.js';
import { traffic } from './traffic.js';

/**
 * Brings all pages into the database and emits each once it is committed.
 *
 * Each page takes a permit, then a connection, and gives both back when its transaction is over: so many are saved at a
 * time as there are workers. One more is there already and waits for its turn, and one more is fetched meanwhile,
 * whatever is the slower side.
 */
export function load(service: Service, { size, workers, hold }: Options): Observable<CityPage> {
  const { http, pool, total } = service;
  const tools = combine({ advance: progressBar(total), counter: traffic(prefetch) });
  return tools.pipe(
    use(({ advance, counter }) => {
      const saving = semaphore(workers, { name: 'saving' });
      const work = (page: CityPage): Observable<CityPage> =>
        using(saving.permit, () =>
          defer(() => {
            counter.taken();
            return using(pool.lease, (client) => save(page, client, service, hold));
          }),
        );
      const { pages } = cityPages(http, size, counter);
      return pull(pages, ({ page }) => work(page), { concurrency: workers + 1 }).pipe(
        tap(({ cities }) => advance(cities.length)),
      );
    }),
  );
}
