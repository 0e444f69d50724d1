import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { SentBody } from '../../../lib/adapters/response/sent-body.js';
import { nextMacrotask } from '../../support/macrotask.js';

describe('SentBody', () => {
  const failures: unknown[] = [];
  const sent = (stream: Readable): SentBody => new SentBody(stream, (error) => failures.push(error));

  beforeEach(() => {
    failures.length = 0;
  });

  it('stops what is still to come, and waits until that has closed', async () => {
    let close = (): void => undefined;
    const stream = new Readable({ read: () => undefined, destroy: (_error, done) => void (close = done) });
    let isStopped = false;
    const stopped = sent(stream)
      .stop()
      .then(() => (isStopped = true));
    await nextMacrotask();
    expect([stream.destroyed, isStopped]).toEqual([true, false]);
    close();
    await stopped;
    expect(failures).toEqual([]);
  });

  it('has nothing to stop where all was read', async () => {
    const stream = Readable.from(['all']);
    const body = sent(stream);
    await finished(stream.resume());
    await body.stop();
    expect([stream.readableEnded, failures]).toEqual([true, []]);
  });

  it('tells what the stream has failed with', async () => {
    const boom = new Error('boom');
    const stream = new PassThrough();
    const body = sent(stream);
    stream.destroy(boom);
    await body.stop();
    expect(failures).toEqual([boom]);
  });

  it('is told to stop twice', async () => {
    const stream = new PassThrough();
    const body = sent(stream);
    await Promise.all([body.stop(), body.stop()]);
    expect([stream.closed, failures]).toEqual([true, []]);
  });
});
