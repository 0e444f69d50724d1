import { EventEmitter } from 'node:events';
import { TestScheduler } from 'rxjs/testing';
import type { ClientPort, SessionStatus } from '../../../lib/adapters/postgres/index.js';
import { Session } from '../../../lib/adapters/postgres/session.js';

/** A client that says of itself what it is told to. */
class FakeClient extends EventEmitter {
  status: SessionStatus = 'I';
  readyForQuery = true;
  destroyed = 0;
  ended = 0;
  connection: ClientPort['connection'] = { stream: { destroy: () => (this.destroyed += 1) } };
  getTransactionStatus = (): SessionStatus => this.status;
  end = (): Promise<void> => {
    this.ended += 1;
    return Promise.reject(new Error('too late'));
  };

  get session(): Session {
    return Session.of(this as unknown as ClientPort);
  }
}

describe('what is known of a session', () => {
  let client: FakeClient;
  beforeEach(() => {
    client = new FakeClient();
  });

  it('is one for each client, and listens once', () => {
    expect(client.session).toBe(client.session);
    expect([client.listenerCount('error'), client.listenerCount('end')]).toEqual([1, 1]);
    expect(new FakeClient().session).not.toBe(client.session);
  });

  it.each<[string, SessionStatus, boolean, string | null]>([
    ['idle', 'I', true, null],
    ['in a transaction', 'T', true, 'in a transaction'],
    ['in a failed one', 'E', true, 'in a transaction'],
    ['busy', 'I', false, 'with a query that still runs'],
    ['not known to be anything', null, true, null],
  ])('%s', (_, status, isReady, doubt) => {
    Object.assign(client, { status, readyForQuery: isReady });
    expect(client.session.doubt).toBe(doubt);
  });

  it('in a transaction of which the server has not told yet', () => {
    client.session.isTaken = true;
    expect(client.session.doubt).toBe('in a transaction');
  });

  it('dies once, of the first thing that it is told', () => {
    const causes: unknown[] = [];
    client.session.lost.subscribe((cause) => causes.push(cause));
    const first = new Error('terminated');
    client.emit('error', first);
    client.emit('error', new Error('terminated unexpectedly'));
    client.emit('end');
    expect([causes, client.session.cause, client.session.doubt]).toEqual([[first], first, 'ended']);
    client.session.lost.subscribe((cause) => causes.push(cause));
    expect(causes).toEqual([first, first]);
  });

  it('is not told to who has left', () => {
    const causes: unknown[] = [];
    client.session.lost.subscribe((cause) => causes.push(cause)).unsubscribe();
    client.emit('end');
    expect([causes, (client.session.cause as Error).message]).toEqual([[], 'The connection was ended.']);
  });

  it('is cut by its socket, or ended where it shows none', async () => {
    client.session.destroy('reason');
    expect([client.destroyed, client.ended, client.session.cause]).toEqual([1, 0, 'reason']);
    const native = new FakeClient();
    native.connection = undefined;
    native.session.destroy('reason');
    expect([native.destroyed, native.ended]).toEqual([0, 1]);
  });

  describe('until it is quiet', () => {
    const waiters = (): number => client.listenerCount('drain');

    it('is not waited for where it is, or is gone', async () => {
      expect(await client.session.quiet(10)).toBe(true);
      client.readyForQuery = false;
      client.emit('end');
      expect(await client.session.quiet(10)).toBe(false);
    });

    it('is waited for without a limit', async () => {
      client.readyForQuery = false;
      const quiet = client.session.quiet(Infinity);
      expect(waiters()).toBe(1);
      client.readyForQuery = true;
      client.emit('drain');
      expect([await quiet, waiters()]).toEqual([true, 0]);
    });

    it('is waited for where the client says so too early, as one that pipelines does between an error and its end', async () => {
      client.readyForQuery = false;
      const quiet = client.session.quiet(Infinity);
      client.emit('drain');
      expect(waiters()).toBe(1);
      client.readyForQuery = true;
      client.emit('drain');
      expect([await quiet, waiters()]).toEqual([true, 0]);
    });

    it('is not waited for after it died, nor after the limit', async () => {
      client.readyForQuery = false;
      const dying = client.session.quiet(Infinity);
      client.emit('end');
      expect([await dying, waiters()]).toEqual([false, 0]);
      client = new FakeClient();
      client.readyForQuery = false;
      const scheduler = new TestScheduler(() => undefined);
      const late = client.session.quiet(10, scheduler);
      scheduler.flush();
      expect([await late, waiters(), scheduler.frame]).toEqual([false, 0, 10]);
    });
  });
});
