import { AsyncLocalStorage } from 'node:async_hooks';
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  map,
  NEVER,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
  toArray,
} from 'rxjs';
import {
  ambientTransactions,
  TransactionAbortedError,
  TransactionStateError,
  type AmbientTransactions,
  type Transaction,
} from '../../../lib/adapters/postgres/index.js';
import { awaitRelease, lastValue, settled } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithPostgres } from '../../support/services.js';
import { allIsBack, openBench, steps, tableName, type Bench, type RecordingClient } from './support/sessions.js';

describeWithPostgres('ambientTransactions', (server) => {
  let bench: Bench;
  let db: AmbientTransactions<RecordingClient>;
  const table = tableName();
  const add = (name: string) => db.query(`INSERT INTO ${table} VALUES ($1)`, [name]);
  const fail = (error: unknown) => async () => {
    await add('lost');
    throw error;
  };
  /** What others can see, whatever is open. */
  const kept = async (): Promise<string[]> => {
    const { rows } = await bench.observer.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY name`);
    return rows.map(({ name }) => name);
  };
  const boom = new Error('boom');

  beforeEach(async () => {
    bench = await openBench(server());
    await bench.observer.query(`CREATE TABLE ${table} (name text)`);
    db = ambientTransactions(bench.pool);
  });
  afterEach(async () => {
    await allIsBack(bench);
    await bench.observer.query(`DROP TABLE ${table}`);
    await bench.release();
  });

  it('refuses what is no source, no body, no option and no propagation, at the call', () => {
    expect(() => ambientTransactions(null as never)).toThrow(TypeError);
    expect(() => ambientTransactions({ totalCount: 1 } as never)).toThrow('fromPgPool');
    expect(() => ambientTransactions(bench.pool, { tiemout: 1 } as never)).toThrow('no tiemout');
    expect(() => db.run(null as never)).toThrow(TypeError);
    expect(() => db.run(() => EMPTY, { propagation: 'never' as never })).toThrow("'requires-new'");
    expect(() => db.run(() => EMPTY, { timeout: -1 })).toThrow(RangeError);
  });

  it('has none outside of a body, and sends a query on a connection that is borrowed for it', async () => {
    expect(db.current).toBeNull();
    const { rows } = await db.query<{ n: number }>('SELECT $1::int AS n', [3]);
    expect([rows, bench.pool.stats.borrowed, steps(bench.sent)]).toEqual([[{ n: 3 }], 0, []]);
    expect(await rejection(db.query('SELECT 1 / 0'))).toMatchObject({ code: '22012' });
  });

  describe('makes the transaction current', () => {
    const bodies: [string, () => ReturnType<Parameters<typeof db.run<Transaction | null>>[0]>][] = [
      ['an async function', async () => (await add('a'), db.current)],
      [
        'a generator',
        function* () {
          yield db.current;
        },
      ],
      [
        'an async generator',
        async function* () {
          await add('a');
          yield db.current;
          await add('b');
          yield db.current;
        },
      ],
      ['an observable that is subscribed there', () => defer(() => of(db.current))],
      ['timers that are started there', () => timer(0, 1).pipe(take(2), map(() => db.current))], // prettier-ignore
      ['what is awaited there', () => from(add('a')).pipe(concatMap(() => add('b')), map(() => db.current))], // prettier-ignore
    ];
    it.each(bodies)('in %s', async (_what, body) => {
      const seen: unknown[] = [];
      let own: unknown;
      await lastValue(
        db.run((tx) => {
          own = tx;
          return from(body()).pipe(tap((current) => seen.push(current)));
        }),
      );
      expect(seen.length).toBeGreaterThan(0);
      expect([new Set(seen), steps(bench.sent)]).toEqual([new Set([own]), ['BEGIN', 'COMMIT']]);
    });

    it('and not in its consumer, whatever the consumer is told', async () => {
      const seen: unknown[] = [];
      const look = () => void seen.push(db.current);
      const watched = <R>(body: () => Promise<R>) =>
        db.run(body).pipe(tap({ next: look, complete: look, error: look, finalize: look }));
      await lastValue(watched(async () => [await add('a')]));
      await rejection(lastValue(watched(fail(boom))));
      expect(seen).toEqual([null, null, null, null, null]);
    });

    it('lets hooks query with requires-new', async () => {
      const work = db.run(async (tx) => {
        tx.afterCommit(() => lastValue(db.run(() => add('hook'), { propagation: 'requires-new' })));
        await add('body');
      });
      await lastValue(work);
      expect([steps(bench.sent), await kept()]).toEqual([
        ['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT'],
        ['body', 'hook'],
      ]);
    });

    it('until its consumer leaves: it is rolled back', async () => {
      const left = new Subject<void>();
      const work = db.run(async () => {
        await add('lost');
        left.next();
      });
      await lastValue(awaitRelease<unknown>()(work.pipe(takeUntil(left))), { defaultValue: null });
      expect([steps(bench.sent), await kept()]).toEqual([['BEGIN', 'ROLLBACK'], []]);
    });

    it('and stops a body that emits at once when the consumer has enough', async () => {
      let count = 0;
      const endless = function* () {
        for (;;) yield ++count;
      };
      expect(await lastValue(db.run(endless).pipe(take(2)))).toBe(2);
      expect(count).toBeLessThan(4);
      await settled();
    });

    it('and not in what connections call that were made for it: they remember nobody', async () => {
      const seen: unknown[] = [];
      const asking = async ({ client }: Transaction<RecordingClient>) => {
        const query = client.query as (text: string, callback: () => void) => void;
        await new Promise<void>((resolve) => {
          query('SELECT 1', () => {
            seen.push(db.current);
            resolve();
          });
        });
      };
      await lastValue(db.run(() => db.run(asking, { propagation: 'requires-new' })));
      expect(seen).toEqual([null]);
    });
  });

  it('keeps concurrent bodies apart', async () => {
    const one = (name: string, error?: Error) =>
      lastValue(
        db.run(async (tx) => {
          await add(name);
          await lastValue(timer(1));
          await add(name);
          if (error !== undefined) throw error;
          return tx === db.current;
        }),
      );
    const all = await Promise.allSettled([one('a'), one('b', boom), one('c'), one('d')]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect([await kept(), bench.clients.length]).toEqual([['a', 'a', 'c', 'c', 'd', 'd'], 2]);
  });

  it('leaves other contexts alone', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen = await request.run('r', () => lastValue(db.run(async () => (await add('a'), request.getStore()))));
    expect(seen).toBe('r');
  });

  it('finds none in what a body leaves to others to call', async () => {
    const others = new Subject<void>();
    const seen: unknown[] = [];
    const work = db.run(() => others.pipe(take(1), tap(() => seen.push(db.current)))); // prettier-ignore
    const done = lastValue(work, { defaultValue: null });
    await eventually('it listens', () => others.observed);
    others.next();
    await done;
    expect(seen).toEqual([null]);
  });

  it('refuses code that goes on after the end', async () => {
    const go = new Subject<void>();
    let late: Promise<unknown>[] = [];
    await lastValue(
      db.run(async () => {
        await add('in time');
        const after = new Promise<void>((resolve) => go.subscribe(resolve));
        const run = async (how: 'required' | 'nested') => {
          await after;
          await lastValue(db.run(() => ['late'], { propagation: how }));
        };
        late = [after.then(() => add('late')), run('required'), run('nested')];
      }),
    );
    go.next();
    const errors = await Promise.all(late.map(rejection));
    for (const error of errors) expect(error).toBeInstanceOf(TransactionStateError);
    expect([late.length, await kept()]).toEqual([3, ['in time']]);
  });

  describe('required', () => {
    it('joins: same transaction, one COMMIT', async () => {
      const work = db.run(async (tx) => {
        await lastValue(db.run(() => add('a'), { propagation: 'required' }));
        return lastValue(db.run((inner) => [inner === tx]));
      });
      expect(await lastValue(work)).toBe(true);
      expect([steps(bench.sent), await kept()]).toEqual([['BEGIN', 'COMMIT'], ['a']]);
    });

    it('lets an error pass to the consumer of the whole as it is', async () => {
      expect(await rejection(lastValue(db.run(() => db.run(fail(boom)))))).toBe(boom);
      expect([steps(bench.sent), await kept()]).toEqual([['BEGIN', 'ROLLBACK'], []]);
    });

    it('does not let the whole be committed where its error was caught', async () => {
      const work = db.run(async () => {
        await rejection(lastValue(db.run(fail(boom))));
        await rejection(lastValue(db.run(fail(new Error('second')))));
        return add('lost too');
      });
      const error = await rejection(lastValue(work));
      expect(error).toBeInstanceOf(TransactionAbortedError);
      expect(error).toMatchObject({ cause: boom });
      expect([steps(bench.sent), await kept()]).toEqual([['BEGIN', 'ROLLBACK'], []]);
    });

    it('does not let the whole be committed where it was left', async () => {
      const work = db.run(() => db.run(() => concat(add('half'), NEVER)).pipe(take(1)));
      expect(await rejection(lastValue(work))).toMatchObject({
        name: 'TransactionAbortedError',
        cause: { message: '"joined" was left before its end.' },
      });
      expect(await kept()).toEqual([]);
    });

    it('does not let the whole be committed while it is at work', async () => {
      const go = new Subject<void>();
      let late: Promise<unknown> | undefined;
      const work = db.run(async () => {
        await add('half');
        late = lastValue(db.run(() => go.pipe(take(1))));
      });
      const error = await rejection(lastValue(work));
      go.next();
      await late;
      expect(error).toBeInstanceOf(TransactionStateError);
      expect((error as Error).message).toContain('1 of those that joined');
      expect(await kept()).toEqual([]);
    });

    it('cannot ask for what the transaction has not got', async () => {
      const joined = db.run(() => EMPTY, { isolation: 'serializable', retry: 2 });
      expect(await rejection(lastValue(db.run(() => joined, { isolation: 'read committed' })))).toBeInstanceOf(
        TypeError,
      );
      expect(
        await lastValue(
          db.run(() => joined, { isolation: 'serializable' }),
          { defaultValue: 1 },
        ),
      ).toBe(1);
      const nested = () => db.run(() => joined, { propagation: 'nested' });
      expect(await lastValue(db.run(nested, { isolation: 'serializable' }), { defaultValue: 1 })).toBe(1);
    });
  });

  describe('requires-new', () => {
    it('has another connection, and ends by itself', async () => {
      const work = db.run(async (tx) => {
        const own = await lastValue(
          db.run(async () => (await add('new'), db.current), { propagation: 'requires-new' }),
        );
        expect([own === tx, own?.state, db.current === tx]).toEqual([false, 'committed', true]);
        return fail(boom)();
      });
      expect(await rejection(lastValue(work))).toBe(boom);
      expect([await kept(), bench.clients.length]).toEqual([['new'], 2]);
    });

    it('tells its consumer in the transaction around it', async () => {
      const work = db.run(
        (tx) =>
        db.run(() => add('new'), { propagation: 'requires-new' }).pipe(map(() => db.current === tx), toArray()), // prettier-ignore
      );
      expect(await lastValue(work)).toEqual([true]);
    });

    it('fails alone', async () => {
      const apart = db.run(fail(boom), { propagation: 'requires-new' });
      await lastValue(
        db.run(() =>
          concat(
            apart.pipe(catchError(() => EMPTY)),
            defer(() => add('kept')),
          ),
        ),
      );
      expect(await kept()).toEqual(['kept']);
    });
  });

  describe('nested', () => {
    it('is undone alone, with what has joined it', async () => {
      const half = async () => {
        await rejection(lastValue(db.run(fail(boom))));
      };
      let error: unknown;
      const work = db.run(async () => {
        await add('a');
        error = await rejection(lastValue(db.run(half, { propagation: 'nested' })));
        await add('b');
      });
      await lastValue(work);
      expect(error).toBeInstanceOf(TransactionAbortedError);
      expect(await kept()).toEqual(['a', 'b']);
    });

    it('lets whoever catches its error go on in the transaction around it', async () => {
      const part = db.run(fail(boom), { propagation: 'nested' });
      await lastValue(db.run(() => part.pipe(catchError(() => add('instead')))));
      expect(await kept()).toEqual(['instead']);
    });

    it('tells its consumer in the transaction around it', async () => {
      const seen = db.run((tx) =>
        db
          .run((inner) => [inner === db.current], { propagation: 'nested' })
          .pipe(map((isOwn) => [isOwn, db.current === tx])),
      );
      expect(await lastValue(seen)).toEqual([true, true]);
    });

    it('is a transaction of its own where there is none', async () => {
      await lastValue(db.run(() => add('a'), { propagation: 'nested' }));
      expect([steps(bench.sent), await kept()]).toEqual([['BEGIN', 'COMMIT'], ['a']]);
    });

    it('cannot be tried again', async () => {
      const part = db.run(() => EMPTY, { propagation: 'nested', retry: 1 });
      expect(await rejection(lastValue(db.run(() => part)))).toBeInstanceOf(TypeError);
    });
  });

  describe('with retry', () => {
    const conflict = Object.assign(new Error('conflict'), { code: '40001' });

    it('is tried again as a whole, each try with a transaction of its own, also where one that joined has failed', async () => {
      const seen = new Set<unknown>();
      const part = db.run(async () => {
        await add('part');
        if (seen.size < 3) throw conflict;
      });
      const whole = db.run(
        async () => {
          seen.add(db.current);
          await add('whole');
          await lastValue(part, { defaultValue: null }).catch((error: unknown) => {
            if (seen.size === 1) throw error;
          });
          return 'done';
        },
        { retry: { initial: 0 } },
      );
      expect([await lastValue(whole), seen.size, await kept()]).toEqual(['done', 3, ['part', 'whole']]);
    });

    it('of all that it begins', async () => {
      let tries = 0;
      const eager = ambientTransactions(bench.pool, { retry: { initial: 0 }, isolation: 'serializable' });
      const work = eager.run(async () => {
        tries += 1;
        await eager.query('SELECT 1');
        if (tries === 1) throw conflict;
        return (await eager.query('SHOW transaction_isolation')).rows;
      });
      expect([await lastValue(work), tries]).toEqual([[{ transaction_isolation: 'serializable' }], 2]);
    });
  });

  it('is left with what is joined to it when the connection is lost', async () => {
    const work = db.run((tx) => {
      void bench.terminate(tx.client.pid);
      return db.run(() => NEVER);
    });
    expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_LOST' });
    expect(db.current).toBeNull();
  });
});
