import { NEVER } from 'rxjs';
import { ownRedis, type OwnRedis } from '../../../examples/services/own-redis.js';
import { LockNotAcquiredError, redisLock } from '../../../lib/adapters/redis/index.js';
import { combine, lastValue, lease, using, type Lease } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithOurRedis } from '../../support/services.js';
import { client, uniqueName } from './support/clients.js';

describeWithOurRedis('redisLock on three servers', (first) => {
  let others: Lease<[OwnRedis, OwnRedis]>;
  let servers: OwnRedis[];
  let name: string;

  beforeAll(async () => {
    others = await lease(combine([ownRedis(), ownRedis()]));
    servers = [first(), ...others.value];
  }, 60_000);

  afterAll(async () => {
    await others.release();
  });

  beforeEach(() => {
    name = uniqueName();
  });

  const clients = () => combine(servers.map(({ url }) => client(url, { closeTimeout: 100 })));

  /** Stops some of the servers for as long as `body` takes. */
  async function without<T>(indices: number[], body: () => Promise<T>): Promise<T> {
    for (const index of indices) servers[index]?.child.kill('SIGSTOP');
    try {
      return await body();
    } finally {
      for (const index of indices) servers[index]?.child.kill('SIGCONT');
    }
  }

  it('is held and renewed while one is stopped', async () => {
    await lastValue(
      using(clients(), (redis) =>
        without([1], async () => {
          const held = await lease(redisLock(redis, name, { ttl: 600 }));
          const { deadline } = held.value;
          await eventually('it is renewed', () => held.value.deadline > deadline);
          expect(held.value.fencing).toBe(1);
          await held.release();
          expect(held.value.state).toBe('released');
        }),
      ),
    );
  });

  it('is not to be had while two are stopped; nothing of it stays', async () => {
    await lastValue(
      using(clients(), async (redis) => {
        await without([1, 2], async () => {
          const error = await rejection(lease(redisLock(redis, name, { ttl: 600, acquireTimeout: 300 })));
          expect(error).toBeInstanceOf(LockNotAcquiredError);
          expect((error as Error).message).toMatch('are needed');
        });
        for (const node of redis) {
          await eventually('it is released', async () => (await node.exists(`lock:{${name}}`)) === 0);
        }
      }),
    );
  });

  it('is lost when two stop while it is held', async () => {
    await lastValue(
      using(clients(), async (redis) => {
        let isEntered = false;
        const ended = rejection(
          lastValue(
            using(redisLock(redis, name, { ttl: 400 }), () => {
              isEntered = true;
              return NEVER;
            }),
          ),
        );
        await eventually('it is held', () => isEntered);
        await without([0, 2], async () => {
          expect((await ended) as Error).toHaveProperty('cause.reason', 'expired');
        });
      }),
    );
  });

  it('goes from one process to the next', async () => {
    await lastValue(
      using(combine([clients(), clients()]), async ([ours, theirs]) => {
        const numbers: number[] = [];
        for (let i = 0; i < 3; i++) {
          const held = await lease(redisLock(ours, name));
          const waiting = lease(redisLock(theirs, name));
          numbers.push(held.value.fencing);
          await held.release();
          const next = await waiting;
          numbers.push(next.value.fencing);
          await next.release();
        }
        expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
        expect(new Set(numbers).size).toBe(6);
      }),
    );
  });
});
