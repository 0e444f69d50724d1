import { catchError, concat, defer, EMPTY, mergeMap, range, type Observable } from 'rxjs';
import { transaction, type AbortStrategy, type Transaction } from '../../../lib/adapters/postgres/index.js';
import { consume, settled, using } from '../../../lib/index.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, tableName, type RecordingClient } from './support/sessions.js';

type Tx = Transaction<RecordingClient>;

describeWithPostgres('a transaction that is left', (server) => {
  const table = tableName();

  /** Two statements, one nested transaction that is kept and one that is undone, a statement that takes a while. */
  const work = (tx: Tx): Observable<unknown> =>
    concat(
      defer(() => tx.query(`INSERT INTO ${table} VALUES (1)`)),
      using(transaction(tx), (nested) => nested.query(`INSERT INTO ${table} VALUES (2)`)),
      using(transaction(tx), (nested) => nested.query(`INSERT INTO ${table} SELECT 1 / 0`)).pipe(
        catchError(() => EMPTY),
      ),
      defer(() => tx.query('SELECT pg_sleep(0.001)')),
      range(0, 2).pipe(mergeMap(() => tx.query('SELECT 1'))),
    );

  it.each<AbortStrategy>(['cancel', 'wait', 'destroy'])(
    'at every step of the protocol leaves nothing open and nothing half done, with %s',
    async (abort) => {
      let steps = 0;
      let leaveAt = Infinity;
      let leave = (): void => undefined;
      const step = (): void => {
        steps += 1;
        if (steps === leaveAt) leave();
      };
      const bench = await openBench(server(), { max: 2 }, server(), step);
      await bench.observer.query(`CREATE TABLE ${table} (n int)`);
      const outcomes: string[] = [];
      for (leaveAt = 1; ; leaveAt++) {
        steps = 0;
        const consumption = consume(using(transaction(bench.pool, { abort }), work));
        const closed = new Promise<void>((resolve) => {
          leave = () => {
            resolve(consumption.close());
          };
          consumption.done.then(resolve, resolve);
        });
        await closed;
        await settled();
        await allIsBack(bench);
        const { rows } = await bench.observer.query(`SELECT string_agg(n::text, ',' ORDER BY n) AS all FROM ${table}`);
        outcomes.push(String((rows[0] as { all: string | null }).all));
        await bench.observer.query(`TRUNCATE ${table}`);
        if (steps < leaveAt) break; // it came to its end before that step
      }
      await bench.observer.query(`DROP TABLE ${table}`);
      await bench.release();
      expect(leaveAt).toBeGreaterThan(40);
      expect(new Set(outcomes)).toEqual(new Set(['null', '1,2'])); // all or nothing
      expect(outcomes.at(-1)).toBe('1,2');
      expect(outcomes[0]).toBe('null');
    },
    60_000,
  );
});
