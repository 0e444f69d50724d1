import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Subject } from 'rxjs';
import { RequestScope, type OnDisconnect } from '../../../lib/adapters/response/request-scope.js';
import { SentBody } from '../../../lib/adapters/response/sent-body.js';
import { Journal } from '../../support/journal.js';
import { RawClient } from '../../support/raw-client.js';

/** A scope that is told of its handler by the test. */
class TestScope extends RequestScope {
  begin(): void {
    this.handler = 'running';
  }

  done(): void {
    this.handler = 'done';
    this.proceed();
  }
}

const failure = new Error('no such city');

describe('RequestScope', () => {
  const told: unknown[] = [];
  let server: Server;
  let client: RawClient;
  let response: ServerResponse;
  let journal: Journal;

  beforeEach(async () => {
    told.length = 0;
    journal = new Journal();
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = await RawClient.connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    const asked = once(server, 'request');
    client.request('GET', '/');
    [, response] = (await asked) as [unknown, ServerResponse];
  });

  afterEach(async () => {
    await client.hangUp();
    server.close();
    await once(server, 'close');
  });

  const begin = (policy: OnDisconnect = 'unsubscribe'): TestScope =>
    new TestScope(response, policy, (error) => told.push(error));

  it('ends with the response, told complete', async () => {
    const scope = begin();
    await scope.enter(journal.resource('tx'));
    expect([scope.isOpen, scope.signal.aborted]).toEqual([true, false]);
    response.end('answer');
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx complete']);
    expect([scope.isOpen, scope.signal.aborted, told]).toEqual([false, false, []]);
  });

  it('has the connection closed after an answer that has not begun', async () => {
    const scope = begin();
    scope.keepNoConnection();
    response.end('answer');
    await client.received('connection: close');
    await scope.ended;
  });

  it('leaves an answer that has begun as it is', async () => {
    const scope = begin();
    response.write('some of it');
    scope.keepNoConnection();
    response.end('answer');
    await client.received('answer');
    await scope.ended;
  });

  it('ends where nothing was entered', async () => {
    const scope = begin();
    expect(scope.isOpen).toBe(false);
    response.end('answer');
    await scope.ended;
  });

  it('waits for a handler that goes on after the response', async () => {
    const scope = begin();
    scope.begin();
    await scope.enter(journal.resource('tx'));
    const closed = once(response, 'close');
    response.end('answer');
    await closed;
    expect(journal.lines).toEqual(['+tx']);
    scope.done();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx complete']);
  });

  it('is left with a client that hangs up, whether its handler runs or not', async () => {
    const scope = begin();
    scope.begin();
    await scope.enter(journal.resource('tx'));
    await client.hangUp();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
    expect(scope.signal.reason).toMatchObject({ name: 'UnsubscribedError', resource: 'request' });
  });

  it('tells unsubscribe where the client hangs up before it has the answer of a handler that is done', async () => {
    const scope = begin();
    await scope.enter(journal.resource('tx'));
    scope.begin();
    scope.done();
    await client.hangUp();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
  });

  it.each([
    ['complete', null],
    ['error no such city', failure],
  ])('lets the handler finish by policy, and tells %s', async (exit, error) => {
    const scope = begin('finish');
    scope.begin();
    await scope.enter(journal.resource('tx'));
    const closed = once(response, 'close');
    await client.hangUp();
    await closed;
    expect(journal.lines).toEqual(['+tx']);
    if (error !== null) scope.fail(error);
    scope.done();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', `-tx ${exit}`]);
    expect(scope.signal.aborted).toBe(false);
  });

  it('tells unsubscribe where there was no handler that could finish, and nothing that fails after it', async () => {
    const scope = begin('finish');
    await scope.enter(journal.resource('tx'));
    response.once('close', () => {
      scope.fail(failure);
    });
    await client.hangUp();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx unsubscribe']);
  });

  it('tells the first failure', async () => {
    const scope = begin();
    await scope.enter(journal.resource('tx'));
    scope.fail(failure);
    scope.fail(new Error('a consequence'));
    response.end('answer');
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx error no such city']);
    expect(told).toEqual([]);
  });

  it('does not abort where the request has failed before the client hangs up', async () => {
    const scope = begin();
    await scope.enter(journal.resource('tx'));
    scope.fail(failure);
    await client.hangUp();
    await scope.ended;
    expect(journal.lines).toEqual(['+tx', '-tx error no such city']);
    expect(scope.signal.aborted).toBe(false);
  });

  it('stops the body, and waits until it has closed', async () => {
    const scope = begin('finish');
    await scope.enter(journal.resource('tx'));
    const stream = new Readable({
      read: () => undefined,
      destroy: (_error, done) => {
        journal.note('body destroyed');
        setImmediate(() => {
          journal.note('body closed');
          done(null);
        });
      },
    });
    scope.send(new SentBody(stream, () => undefined));
    scope.begin();
    scope.done();
    await client.hangUp();
    await scope.ended;
    // Its handler is done, its answer was not.
    expect(journal.lines).toEqual(['+tx', 'body destroyed', 'body closed', '-tx unsubscribe']);
  });

  it('tells what a release fails with', async () => {
    const scope = begin();
    await scope.enter(journal.resource('tx', { release: () => Promise.reject(failure) }));
    response.end('answer');
    await scope.ended;
    expect(told).toEqual([failure]);
  });

  it('refuses to enter anything once it is over', async () => {
    const scope = begin();
    response.end('answer');
    await scope.ended;
    await expect(scope.enter(journal.resource('late'))).rejects.toMatchObject({
      name: 'ClosedError',
      resource: 'late',
    });
    expect(journal.lines).toEqual([]);
  });

  it('is over where a handle is lost, and its signal tells', async () => {
    const cut = new Subject<string>();
    const scope = begin();
    await scope.enter(journal.resource('line', { lost: () => cut }));
    cut.next('cut');
    expect(scope.signal.reason).toMatchObject({ name: 'ResourceLostError' });
    expect(scope.isOpen).toBe(false);
    await expect(scope.enter(journal.resource('late'))).rejects.toMatchObject({ name: 'ClosedError' });
    response.end('answer');
    await scope.ended;
    expect(journal.lines.map((line) => line.split(':')[0])).toEqual(['+line', '-line error ResourceLostError']);
    expect(told).toEqual([]);
  });
});
