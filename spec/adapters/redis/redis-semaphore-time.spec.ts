import { EventEmitter } from 'node:events';
import { redisSemaphore, type IoRedisClient, type RedisSemaphoreOptions } from '../../../lib/adapters/redis/index.js';
import { GIVE, LEAVE, TAKE } from '../../../lib/adapters/redis/redis-semaphore-scripts.js';
import { lease, settled, type Lease } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { pass } from './support/fake-redis.js';

const GRANTED = [1, 1];
const full = ({ held = 1, ahead = 0, wait = 10_000 } = {}): number[] => [0, held, ahead, wait];

/** A server that says of permits what it is told to, and writes down when it was asked. */
class Answers {
  answer: () => unknown = () => full();
  /** Whether messages may be heard. */
  isDeaf = false;
  /** How often somebody wanted to hear messages. */
  subscribed = 0;
  readonly asked: number[] = [];
  readonly others: string[] = [];
  readonly patience = new Set<string>();
  private readonly listening = new Set<EventEmitter>();

  constructor(private readonly clock: Clock) {}

  say(message: string): void {
    for (const events of this.listening) events.emit('message', 'semaphore:{a}:free', message);
  }

  client(): IoRedisClient {
    const events = new EventEmitter();
    return {
      status: 'ready',
      evalsha: (sha, _, ...rest) =>
        new Promise((resolve) => {
          resolve(this.run(sha, rest));
        }),
      eval: () => Promise.reject(new Error('Every script is known here.')),
      subscribe: () => {
        this.subscribed++;
        if (this.isDeaf) return Promise.reject(new Error('NOPERM'));
        this.listening.add(events);
        return Promise.resolve(1);
      },
      unsubscribe: () => Promise.resolve(1),
      connect: () => Promise.resolve(),
      quit: () => Promise.resolve('OK'),
      disconnect: () => this.listening.delete(events),
      duplicate: () => this.client(),
      on: (event, listener) => events.on(event, listener),
      off: (event, listener) => events.off(event, listener),
    };
  }

  private run(sha: string, values: readonly string[]): unknown {
    if (sha === TAKE.sha) {
      this.asked.push(this.clock.now());
      this.patience.add(values[7] ?? '');
      return this.answer();
    }
    this.others.push(sha === GIVE.sha ? 'give' : sha === LEAVE.sha ? 'leave' : 'prolong');
    return 1;
  }
}

describe('redisSemaphore in virtual time', () => {
  let clock: Clock;
  let server: Answers;
  let random: jest.SpyInstance;
  const leave = new AbortController();

  beforeEach(() => {
    clock = new Clock();
    server = new Answers(clock);
    random = jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    random.mockRestore();
  });

  const ask = (options: RedisSemaphoreOptions = {}, signal = leave.signal): Promise<Lease<unknown>> =>
    lease(redisSemaphore(server.client(), 'a', 2, { scheduler: clock, ...options }), { signal });

  /** When it has asked since the last time, and asks in so many milliseconds. */
  async function asks(ms: number): Promise<number[]> {
    await pass(clock, ms);
    return server.asked.splice(0);
  }

  async function served(waiting: Promise<Lease<unknown>>): Promise<void> {
    server.answer = () => GRANTED;
    server.say('');
    await microtasks();
    await (await waiting).release();
    await settled();
    expect(server.others).toEqual(['give']);
  }

  it('asks twice at first, since what was said before it listened has been missed', async () => {
    const waiting = ask();
    await microtasks(60);
    expect(server.asked).toEqual([0, 0]);
    await served(waiting);
  });

  it('asks again and again, at growing distances, up to pollInterval', async () => {
    const waiting = ask({ pollInterval: 100 });
    expect(await asks(260)).toEqual([0, 0, 10, 30, 70, 120, 170, 220]);
    await served(waiting);
  });

  it('spreads what it asks over half of the time', async () => {
    random.mockReturnValue(0.999_999);
    const waiting = ask({ pollInterval: 80 });
    expect((await asks(270)).map(Math.round)).toEqual([0, 0, 20, 60, 140, 220]);
    await served(waiting);
  });

  it.each([
    [1, [10, 30, 70, 120, 170]],
    [2, [50, 100, 150]],
    [7, [50, 100, 150]],
  ])('with %d ahead, of two permits, it asks at %p: one who is not the next is called', async (ahead, expected) => {
    server.answer = () => full({ held: 2, ahead });
    const waiting = ask({ pollInterval: 100 });
    expect((await asks(180)).slice(2)).toEqual(expected);
    await served(waiting);
  });

  it('asks at growing distances, however many are ahead, where messages cannot be heard', async () => {
    server.isDeaf = true;
    server.answer = () => full({ held: 2, ahead: 7 });
    const waiting = ask({ pollInterval: 100 });
    expect(await asks(180)).toEqual([0, 10, 30, 70, 120, 170]);
    server.answer = () => GRANTED;
    await pass(clock, 60);
    await (await waiting).release();
    await settled();
  });

  it('comes back when something expires', async () => {
    server.answer = () => full({ wait: 3, ahead: 5 });
    const waiting = ask({ pollInterval: 1000 });
    expect(await asks(10)).toEqual([0, 0, 4, 8]);
    random.mockReturnValue(0.5);
    expect(await asks(20)).toEqual([12, 18, 24, 30]);
    await served(waiting);
  });

  it('begins with short distances again when it was called in vain', async () => {
    const waiting = ask({ pollInterval: 1000 });
    expect((await asks(160)).slice(2)).toEqual([10, 30, 70, 150]);
    server.say('');
    expect(await asks(35)).toEqual([160, 170, 190]);
    await served(waiting);
  });

  it('does not ask where others are called', async () => {
    server.answer = () => full({ ahead: 2 });
    const waiting = ask({ pollInterval: 1000 });
    await asks(5);
    server.say('somebody else');
    expect(await asks(100)).toEqual([]);
    await served(waiting);
  });

  it('keeps its place for three times as long as it may take until it asks again; one who asks once keeps none', async () => {
    const waiting = ask({ pollInterval: 70 });
    await microtasks(60);
    expect([...server.patience]).toEqual(['210']);
    await served(waiting);
    server.answer = () => full();
    await rejection(ask({ acquireTimeout: 0 }));
    expect([...server.patience].at(-1)).toBe('0');
  });

  it('does not listen for one who asks once', async () => {
    expect(await rejection(ask({ acquireTimeout: 0 }))).toMatchObject({ held: 1, ahead: 0 });
    expect([server.asked, server.subscribed, server.others]).toEqual([[0], 0, ['leave']]);
  });

  it('leaves the line when its time is over, not before and not later', async () => {
    const late = rejection(ask({ acquireTimeout: 25, pollInterval: 10_000 }));
    let error: unknown;
    void late.then((reason) => (error = reason));
    await pass(clock, 24);
    expect([error, server.others]).toEqual([undefined, []]);
    await pass(clock, 1);
    expect(error).toMatchObject({ held: 1, ahead: 0, code: 'RXSCOPE_PERMIT_NOT_ACQUIRED' });
    expect(server.others).toEqual(['leave']);
  });

  it('fails where the server does, also when it has answered before', async () => {
    const failing = rejection(ask());
    await microtasks(60);
    server.answer = () => {
      throw new Error('LOADING');
    };
    await pass(clock, 10);
    expect(await failing).toMatchObject({
      message: 'The semaphore "a" failed: LOADING. Failures are not waited out: pipe retryAcquire().',
      cause: new Error('LOADING'),
    });
    expect(server.others).toEqual(['leave']);
  });

  it('does not ask again for one who has left', async () => {
    const controller = new AbortController();
    const left = rejection(ask({}, controller.signal));
    await microtasks(60);
    server.asked.length = 0;
    controller.abort(new Error('left'));
    await pass(clock, 100);
    expect(await left).toEqual(new Error('left'));
    expect([server.asked, server.others]).toEqual([[], ['leave']]);
  });

  it.each([
    [40, ''],
    [20, 'The semaphore "a" did not answer in time. It was asked once, as acquireTimeout says.'],
  ])('waits for the answer for nodeTimeout when it asks once: for %d ms, of 30', async (nodeTimeout, expected) => {
    server.answer = () => new Promise((resolve) => clock.schedule(() => { resolve(GRANTED); }, 30)); // prettier-ignore
    const asking = ask({ acquireTimeout: 0, nodeTimeout });
    const outcome = asking.then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    await pass(clock, 60);
    expect(await outcome).toBe(expected);
    await asking.then((permit) => permit.release()).catch(() => undefined);
    expect(server.others).toEqual([expected === '' ? 'give' : 'leave']);
  });

  it('takes no permit that has come too late: it asks for it again', async () => {
    let asked = 0;
    server.answer = () => {
      if (++asked === 1) clock.pass(988); // 1000 less the margin of 12
      return GRANTED;
    };
    const permit = await ask({ ttl: 1000, renew: false });
    expect(server.asked).toEqual([0, 988]);
    await permit.release();
  });

  it('says that a permit has come too late where there is no time left', async () => {
    server.answer = () => {
      clock.pass(988);
      return GRANTED;
    };
    expect(await rejection(ask({ ttl: 1000, renew: false, acquireTimeout: 900 }))).toMatchObject({
      message: 'The semaphore "a" granted a permit too late. It was waited for 900 ms, as acquireTimeout says.',
      ...{ held: undefined, ahead: undefined },
    });
    expect(server.others).toEqual(['leave']);
  });
});
