import { once } from 'node:events';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { isOpen, TakenStream } from '../../../lib/adapters/node/taken-stream.js';
import { Journal } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';
import { listenersOf } from './support/counting.js';
import { closeConnection, openConnection } from './support/server.js';

const boom = new Error('boom');

describe('TakenStream', () => {
  it('resolves when the stream has closed, whoever asks and how often', async () => {
    const stream = new PassThrough();
    const taken = new TakenStream(stream, false);
    const journal = new Journal();
    const waiting = [taken.closed(), taken.closed()];
    stream.once('close', () => journal.note('closed'));
    stream.destroy();
    await Promise.all(waiting).then(() => journal.note('told'));
    await taken.closed();
    expect(journal.lines).toEqual(['closed', 'told']);
  });

  it('waits for a connection that is still being closed', async () => {
    const { client, server } = await openConnection();
    const taken = new TakenStream(client, false);
    const journal = new Journal();
    client.once('close', () => journal.note('closed'));
    client.destroy();
    await taken.closed().then(() => journal.note('told'));
    expect(journal.lines).toEqual(['closed', 'told']);
    await closeConnection({ client, server });
  });

  it('knows a stream that had closed before', async () => {
    const stream = new PassThrough().destroy();
    await once(stream, 'close');
    await new TakenStream(stream, false).closed();
  });

  it('rejects with the first error, also with one that is no object', async () => {
    const stream = new PassThrough();
    const taken = new TakenStream(stream, false);
    stream.emit('error', undefined);
    stream.destroy(boom);
    expect(await rejection(taken.closed())).toBeUndefined();
    expect(taken.failure).toEqual({ error: undefined });
  });

  it('listens to errors until it lets go, and leaves no listener', async () => {
    const stream = new PassThrough({ autoDestroy: false });
    const before = listenersOf(stream);
    const taken = new TakenStream(stream, false);
    stream.emit('error', boom); // would end the process
    await microtasks();
    taken.letGo();
    expect(listenersOf(stream)).toEqual(before);
  });
});

describe('isOpen', () => {
  it('tells whether the other side of a stream is in use', async () => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() });
    expect([isOpen(stream, 'readable'), isOpen(stream, 'writable')]).toEqual([true, true]);
    stream.end();
    await once(stream, 'finish');
    expect([isOpen(stream, 'readable'), isOpen(stream, 'writable')]).toEqual([true, false]);
    stream.destroy();
    expect(isOpen(stream, 'readable')).toBe(false);
    expect(isOpen(new Readable(), 'writable')).toBe(false);
    expect(isOpen(new Writable(), 'readable')).toBe(false);
  });
});
