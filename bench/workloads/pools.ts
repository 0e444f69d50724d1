/**
 * Pools, each the way its own documentation uses it, at its defaults but for the sizes.
 *
 * A turn is: borrow, use, give back. A borrower has its handle for one microtask, on all sides: with a promise that is the one
 * in which it learns of it; where it learns of it at once, the use is one. Giving back is awaited on no side.
 */
import { EventEmitter } from 'node:events';
import { Effect, Pool as EffectPool, Scope } from 'effect';
import { createPool } from 'generic-pool';
import { Pool as LightningPool } from 'lightning-pool';
import PgPool from 'pg-pool';
import { Pool as SequelizePool } from 'sequelize-pool';
import { Pool as TarnPool } from 'tarn';
import type { Pool } from '../../lib/index.js';
import { tally } from '../measure/tally.js';
import { rxscope } from './library.js';
import { awaiting, subscribing, type Workers } from './workers.js';

/** What is pooled. */
export class Connection {
  readonly value = 1;
}

export interface Plan {
  readonly min: number;
  readonly max: number;
  create(this: void): Promise<Connection>;
  /** What a borrower does. */
  use(this: void, connection: Connection): Promise<void> | void;
}

export interface Pooling {
  readonly name: string;
  open(plan: Plan): Workers;
}

/** As little as possible. */
export function touch({ value }: Connection): void {
  tally.opened += 1;
  tally.used += value;
  tally.closed += 1;
}

const destroy = async (): Promise<void> => undefined;

/** Array and queue: as many as `max`, and never anything else. Nothing can fail, wait too long, or leave. */
export const floor: Pooling = {
  name: 'array + queue',
  open: ({ max, use }) => {
    const idle = Array.from({ length: max }, () => new Connection());
    const waiting: ((connection: Connection) => void)[] = [];
    let head = 0;
    return awaiting(async () => {
      const connection = await (idle.pop() ?? new Promise<Connection>((resolve) => waiting.push(resolve)));
      try {
        const using = use(connection);
        if (using !== undefined) await using;
      } finally {
        if (head < waiting.length) waiting[head++]?.(connection);
        else idle.push(connection);
        if (head === waiting.length) waiting.length = head = 0;
      }
    });
  },
};

/** A pool with a promise to borrow by, and a function to give back with. */
function borrowing<T>(
  acquire: () => Promise<T>,
  use: (handle: T) => Promise<void> | void,
  release: (handle: T) => unknown,
) {
  return awaiting(async () => {
    const handle = await acquire();
    try {
      const using = use(handle);
      if (using !== undefined) await using;
    } finally {
      void release(handle);
    }
  });
}

const generic: Pooling = {
  name: 'generic-pool',
  open: ({ min, max, create, use }) => {
    const pool = createPool({ create, destroy }, { min, max });
    return borrowing(
      () => Promise.resolve(pool.acquire()),
      use,
      (connection) => pool.release(connection),
    );
  },
};

const lightning: Pooling = {
  name: 'lightning-pool',
  open: ({ min, max, create, use }) => {
    const pool = new LightningPool<Connection>({ create, destroy }, { min, max, maxQueue: 1_000_000 });
    return borrowing(
      () => pool.acquire(),
      use,
      (connection) => pool.release(connection),
    );
  },
};

const sequelize: Pooling = {
  name: 'sequelize-pool',
  open: ({ min, max, create, use }) => {
    const pool = new SequelizePool<Connection>({ create, destroy, validate: () => true, min, max });
    return borrowing(
      () => pool.acquire(),
      use,
      (connection) => pool.release(connection),
    );
  },
};

const tarn: Pooling = {
  name: 'tarn',
  open: ({ min, max, create, use }) => {
    const pool = new TarnPool<Connection>({ create, destroy, min, max });
    return borrowing(
      () => pool.acquire().promise,
      use,
      (connection) => pool.release(connection),
    );
  },
};

const pg: Pooling = {
  name: 'pg-pool',
  open: ({ min, max, create, use }) => {
    class Client extends EventEmitter {
      readonly _queryable = true; // else it is thrown away
      connection = new Connection();

      connect(done: (error?: unknown) => void): void {
        create().then((connection) => {
          this.connection = connection;
          done();
        }, done);
      }

      end(done: () => void): void {
        done();
      }
    }
    const pool = new PgPool<Client>({ min, max, Client });
    return borrowing(
      () => pool.connect(),
      ({ connection }) => use(connection),
      (client) => client.release(),
    );
  },
};

const effect: Pooling = {
  name: 'Effect',
  open: ({ min, max, create, use }) => {
    const acquire = Effect.promise(create);
    const make = EffectPool.makeWithTTL({ acquire, min, max, timeToLive: '10 minutes' });
    const program = Effect.runPromise(Scope.provide(make, Scope.makeUnsafe())).then((pool) =>
      EffectPool.use(pool, (connection) => Effect.promise(async () => use(connection))),
    );
    return opened(async () => {
      const turn = await program;
      return awaiting(() => Effect.runPromise(turn));
    });
  },
};

export const peers: readonly Pooling[] = [generic, lightning, sequelize, tarn, pg, effect];

/** Workers that have to wait for their pool to come to be, before the first batch. */
function opened(open: () => Promise<Workers>): Workers {
  const opening = open();
  return async (count, times) => (await opening)(count, times);
}

async function ownPool({ min, max, create }: Plan): Promise<Pool<Connection>> {
  const made = rxscope.pool(rxscope.resource({ acquire: create, release: destroy }), { min, max });
  const { value: pool } = await rxscope.lease(made);
  await pool.ready();
  return pool;
}

export const own: Pooling = {
  name: 'rxscope',
  open: (plan) =>
    opened(async () => {
      const { lease } = await ownPool(plan);
      return subscribing(rxscope.using(lease, async (connection) => plan.use(connection)));
    }),
};

export const ownAcquired: Pooling = {
  name: 'rxscope acquire',
  open: (plan) =>
    opened(async () => {
      const pool = await ownPool(plan);
      return borrowing(
        () => pool.acquire(),
        ({ value }) => plan.use(value),
        (held) => held.release(),
      );
    }),
};

export const ownAwaited: Pooling = {
  name: 'rxscope, awaited by lastValue',
  open: (plan) =>
    opened(async () => {
      const { lease } = await ownPool(plan);
      const scope = rxscope.using(lease, async (connection) => plan.use(connection));
      return awaiting(() => rxscope.lastValue(scope));
    }),
};
