import type { Client, Pool, PoolClient } from 'pg';
import { expectTypeOf } from 'expect-type';
import {
  connection,
  fromPgPool,
  pgPool,
  transaction,
  type ClientPort,
  type PgPoolPort,
  type PooledClientPort,
  type QueryPort,
  type Transaction,
} from '../../../lib/adapters/postgres/index.js';
import type { Pool as OurPool, Resource } from '../../../lib/index.js';

declare const make: () => Client;
declare const pool: Pool;
declare const client: Client;
declare const ours: OurPool<Client>;
declare const outer: Transaction<Client>;

describe('the shapes of what is called', () => {
  it('are those of pg', () => {
    expectTypeOf<Client>().toExtend<ClientPort>();
    expectTypeOf<PoolClient>().toExtend<PooledClientPort>();
    expectTypeOf<Pool>().toExtend<PgPoolPort<PoolClient>>();
    expectTypeOf<Pool>().not.toExtend<ClientPort>(); // BEGIN on a pool goes to any of its connections
    expectTypeOf<Transaction<Client>>().toExtend<QueryPort>();
    expectTypeOf<Transaction>().toExtend<QueryPort>();
  });

  it('keep the type of the client, and of its queries', () => {
    expectTypeOf(() => connection(make)).returns.toEqualTypeOf<Resource<Client>>();
    expectTypeOf(() => pgPool(make)).returns.toEqualTypeOf<Resource<OurPool<Client>>>();
    expectTypeOf(() => fromPgPool(pool)).returns.toEqualTypeOf<Resource<PoolClient>>();
    expectTypeOf(() => transaction(client)).returns.toEqualTypeOf<Resource<Transaction<Client>>>();
    expectTypeOf(() => transaction(connection(make))).returns.toEqualTypeOf<Resource<Transaction<Client>>>();
    expectTypeOf(() => transaction(ours)).returns.toEqualTypeOf<Resource<Transaction<Client>>>();
    expectTypeOf(() => transaction(outer)).returns.toEqualTypeOf<Resource<Transaction<Client>>>();
    expectTypeOf<Transaction<Client>['query']>().toEqualTypeOf<Client['query']>();
  });
});
