import { of } from 'rxjs';
import {
  LockNotAcquiredError,
  redisClient,
  redisLock,
  type AnyRedisClient,
  type RedisLockOptions,
} from '../../../lib/adapters/redis/index.js';
import {
  DeadlockError,
  lastValue,
  lease,
  openResources,
  ResourceLostError,
  settled,
  using,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { describeWithRedis } from '../../support/services.js';
import { KINDS, uniqueName } from './support/clients.js';

const noClient = {} as AnyRedisClient;

describeWithRedis('redisLock', (url) => {
  let name: string;

  beforeEach(() => {
    name = uniqueName();
  });

  describe.each(KINDS)('with %s', (_, make) => {
    const withClients = <T>(body: (ours: AnyRedisClient, theirs: AnyRedisClient) => Promise<T>): Promise<T> =>
      lastValue(
        using(
          redisClient(() => make(url())),
          (ours) =>
            using(
              redisClient(() => make(url())),
              (theirs) => body(ours, theirs),
            ),
        ),
      );

    it('is held, tells others by whom, and is released', () =>
      withClients(async (ours, theirs) => {
        const held = await lease(redisLock(ours, name, { owner: 'worker 7' }));
        expect(held.value).toMatchObject({ key: name, fencing: 1, state: 'held', isHeld: true });
        const error = await rejection(lease(redisLock(theirs, name, { acquireTimeout: 0 })));
        expect(error).toBeInstanceOf(LockNotAcquiredError);
        expect((error as Error).message).toMatch(/is held by worker 7, for another \d+ ms or longer/);
        await held.release();
        expect(held.value.state).toBe('released');
        const next = await lease(redisLock(theirs, name));
        expect(next.value.fencing).toBe(2);
        await next.release();
      }));

    it('is renewed', () =>
      withClients(async (ours) => {
        const held = await lease(redisLock(ours, name, { ttl: 900 }));
        const { deadline } = held.value;
        await eventually('it is renewed twice', () => held.value.deadline > deadline + 500);
        await held.release();
        expect(held.value.state).toBe('released');
      }));

    it('wakes whoever waits', () =>
      withClients(async (ours, theirs) => {
        const held = await lease(redisLock(ours, name));
        const waiting = lease(redisLock(theirs, name, { pollInterval: 2000 }));
        await eventually('it listens', () =>
          openResources().some(({ name: open, state }) => open === 'redis subscriber' && state === 'held'),
        );
        await held.release();
        await (await waiting).release();
      }));

    it('is lost when somebody deletes it', () =>
      withClients(async (ours, theirs) => {
        const held = await lease(redisLock(ours, name, { ttl: 150 }));
        await (theirs as unknown as { del(key: string): Promise<unknown> }).del(`lock:{${name}}`);
        await eventually('it is lost', () => held.value.state === 'lost');
        const error = await rejection(held.release());
        expect(error).toBeInstanceOf(ResourceLostError);
        expect(error).toHaveProperty('cause.reason', 'taken');
      }));
  });

  it('refuses to be entered inside itself: it would wait for ever', async () => {
    const [[, make]] = KINDS as [(typeof KINDS)[number]];
    await lastValue(
      using(
        redisClient(() => make(url())),
        async (redis) => {
          const lock = redisLock(redis, name);
          const inside = using(lock, () => using(lock, () => of(1)));
          expect(await rejection(lastValue(inside))).toBeInstanceOf(DeadlockError);
          await settled();
        },
      ),
    );
  });

  it('puts its keys into one slot of a cluster, with the prefix', async () => {
    const [[, make]] = KINDS as [(typeof KINDS)[number]];
    await lastValue(
      using(
        redisClient(() => make(url())),
        async (redis) => {
          const { keys } = redis as unknown as { keys(pattern: string): Promise<string[]> };
          const held = await lease(redisLock(redis, name, { prefix: 'app:' }));
          const found = await keys.call(redis, `app:*${name}*`);
          expect(found.sort()).toEqual([`app:{${name}}`, `app:{${name}}:fence`]);
          await held.release();
        },
      ),
    );
  });

  it('is named after its key, or as it is told', () => {
    const [[, make]] = KINDS as [(typeof KINDS)[number]];
    const redis = make('redis://127.0.0.1:1');
    redis.on('error', () => undefined);
    expect(redisLock(redis, 'orders').name).toBe('redisLock(orders)');
    expect(redisLock(redis, 'orders', { name: 'billing' }).name).toBe('billing');
    (redis as unknown as { disconnect(): void }).disconnect();
  });
});

describe('redisLock refuses, at the call,', () => {
  const refused: [string, () => unknown, new (...values: never[]) => Error, string][] = [
    ['what is no client', () => redisLock(noClient, 'a'), TypeError, 'Expected a client of ioredis or node-redis'],
    ['null', () => redisLock(null as unknown as AnyRedisClient, 'a'), TypeError, 'received null'],
    ['no name', () => redisLock(noClient, ''), TypeError, 'Expected the name of the lock'],
    ...(
      [
        ['ttl', 5],
        ['ttl', Infinity],
        ['acquireTimeout', -1],
        ['acquireTimeout', NaN],
        ['nodeTimeout', 0],
        ['pollInterval', 0],
      ] as const
    ).map(([option, value]): [string, () => unknown, new (...values: never[]) => Error, string] => [
      `${option}: ${String(value)}`,
      () => redisLock(noClient, 'a', { [option]: value }),
      RangeError,
      `Expected ${option} to be a number of milliseconds`,
    ]),
    [
      'an option that there is none of',
      () => redisLock(noClient, 'a', { timeout: 5 } as RedisLockOptions),
      TypeError,
      'There is no timeout in the options of redisLock()',
    ],
  ];

  it.each(refused)('%s', (_, call, type, text) => {
    expect(call).toThrow(type);
    expect(call).toThrow(text);
  });
});
