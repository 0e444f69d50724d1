import { EMPTY, NEVER, of, throwError, type Observable } from 'rxjs';
import { named, openResources, pool, settled, using, type Pool, type Resource } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { type Handle } from '../support/depot.js';
import { notificationsOf } from '../support/journal.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const source = (options: Parameters<typeof pool<Handle>>[1] = {}): Resource<Pool<Handle>> =>
    pool(test.depot.resource, { scheduler: test.clock, random: () => 0, ...options });

  it('is named after the resource, or as told', () => {
    expect(source().name).toBe('pool(handle)');
    expect(source({ name: 'db' }).name).toBe('db');
    expect(source().pipe(named('main')).name).toBe('main');
  });

  it('makes nothing before it is subscribed, and `min` then (law 5)', () => {
    const made = source({ min: 2 });
    expect(test.depot.tries).toBe(0);
    const subscription = made.subscribe();
    expect(test.depot.tries).toBe(2);
    subscription.unsubscribe();
    expect(test.depot.live).toBe(0);
  });

  it('is another one for each subscriber (law 5)', () => {
    const seen: unknown[] = [];
    const made = source({ min: 1 });
    const subscriptions = [made.subscribe((one) => seen.push(one)), made.subscribe((one) => seen.push(one))];
    expect([new Set(seen).size, test.depot.tries]).toEqual([2, 2]);
    for (const subscription of subscriptions) subscription.unsubscribe();
  });

  it('does not wait for `min`: it is there at once', () => {
    test.depot.makeTime = 1_000;
    expect(notificationsOf(using(source({ min: 2 }), () => of('body')))).toEqual(['next body']);
    test.pass(1_000);
    expect(test.depot.live).toBe(0);
  });

  it('lends and takes back inside subscribe where making is synchronous (law 17)', () => {
    const lines = notificationsOf(using(source(), (made) => using(made.lease, ({ id }) => of(id))));
    expect(lines).toEqual(['next 1', 'complete']);
    expect(test.depot.live).toBe(0);
  });

  it.each<[string, () => Observable<never>]>([
    ['completion', () => EMPTY],
    ['an error', () => throwError(() => new Error('boom'))],
    ['an unsubscribe', () => NEVER],
  ])('destroys all that it has made after %s, and what is borrowed in its body before that (law 4)', (_, body) => {
    const order: string[] = [];
    const subscription = using(source({ min: 2 }), (made) =>
      using(made.lease, (handle) => {
        order.push(`lent ${String(handle.id)}`);
        return body();
      }),
    ).subscribe({ error: () => undefined });
    subscription.unsubscribe();
    expect([order, test.depot.live, openResources()]).toEqual([['lent 2'], 0, []]);
  });

  it('a handle is a scope of its own, told how its last borrower failed, and is on the list of what is open', () => {
    const made = test.open();
    test.borrow(made, 1)[0]?.done();
    expect(openResources().map(({ name, state }) => `${name} ${state}`)).toEqual(['pool(handle) held', 'handle held']);
  });

  it('settled() waits for what it destroys (law 12)', async () => {
    test.depot.destroyTime = 5;
    const made = test.open();
    test.borrow(made, 1)[0]?.fail(new Error('boom'));
    let isSettled = false;
    const waiting = settled().then(() => (isSettled = true));
    await Promise.resolve();
    expect(isSettled).toBe(false);
    test.pass(5);
    await waiting;
    expect(test.depot.live).toBe(0);
  });

  it('a borrower does not wait for the destroying of what it gave back, nor for what others make', () => {
    const made = test.open({ max: 1, maxUses: 1 });
    test.depot.destroyTime = 50;
    const [first, second] = test.visitors.crowd(2, made.lease);
    first?.done();
    expect([first?.state, second?.state]).toEqual(['gone', 'waiting']);
  });

  it('keeps virtual time by itself, also in a test of the kit (law 18)', () => {
    testResources(({ probe, expectLifecycle, expectObservable, cold }) => {
      const connection = probe('connection', { acquire: '--a', release: '-|' });
      const body = using(pool(connection, { max: 1 }), (made) => using(made.lease, () => cold('bc|')));
      expectObservable(body).toBe('--bc-|');
      expectLifecycle(connection).toBe('a-^-!|');
    });
  });
});
