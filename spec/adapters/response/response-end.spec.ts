import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import {
  connect,
  constants,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type Http2Server,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onResponseEnd } from '../../../lib/adapters/response/response-end.js';
import { eventually } from '../../support/eventually.js';
import { RawClient } from '../../support/raw-client.js';

/** More than a connection takes that nobody reads. */
const much = Buffer.alloc(20_000_000);

describe('onResponseEnd', () => {
  const ends: boolean[] = [];
  let server: Server;
  let address: string;

  beforeEach(async () => {
    ends.length = 0;
    server = createServer();
    address = await listen(server);
  });

  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  /** The response to a request of this client, which is watched. */
  async function respondTo(client: RawClient): Promise<ServerResponse> {
    const asked = once(server, 'request');
    client.request('GET', '/');
    const [, response] = (await asked) as [unknown, ServerResponse];
    onResponseEnd(response, (isSent) => ends.push(isSent));
    return response;
  }

  it('tells once that all of it was sent', async () => {
    const client = await RawClient.connect(address);
    const response = await respondTo(client);
    expect(ends).toEqual([]);
    response.end('answer');
    await client.received('answer');
    await client.hangUp();
    await eventually('the response is over', () => ends.length > 0 && response.closed);
    expect(ends).toEqual([true]);
  });

  it('tells that the client has left first', async () => {
    const client = await RawClient.connect(address);
    await respondTo(client);
    await client.hangUp();
    await eventually('the response is over', () => ends.length > 0);
    expect(ends).toEqual([false]);
  });

  it('tells that the connection was cut when all was written, and not all was taken', async () => {
    const client = await RawClient.connect(address);
    const response = await respondTo(client);
    client.pause();
    response.end(much);
    await client.hangUp();
    await eventually('the response is over', () => ends.length > 0);
    expect(ends).toEqual([false]);
  });

  it('tells of a response that was over before', async () => {
    const client = await RawClient.connect(address);
    const response = await respondTo(client);
    response.end('answer');
    await eventually('the response is over', () => ends.length === 1 && response.closed);
    onResponseEnd(response, (isSent) => ends.push(isSent));
    await eventually('it has been told again', () => ends.length === 2);
    expect(ends).toEqual([true, true]);
    await client.hangUp();
  });
});

describe('onResponseEnd of HTTP/2', () => {
  const ends: boolean[] = [];
  let server: Http2Server;
  let session: ClientHttp2Session;

  beforeEach(async () => {
    ends.length = 0;
    server = createHttp2Server();
    session = connect(await listen(server));
  });

  afterEach(async () => {
    session.destroy();
    server.close();
    await once(server, 'close');
  });

  it('tells that it was aborted where all of it was written and little of it sent', async () => {
    server.on('request', (_request, response) => {
      onResponseEnd(response, (sent) => ends.push(sent));
      response.end(Buffer.alloc(20_000_000));
    });
    const stream = session.request({ ':path': '/' });
    await once(stream, 'response');
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually('the end is told', () => ends.length > 0);
    expect(ends).toEqual([false]);
  });

  it.each([
    ['sent', true],
    ['aborted', false],
  ])('tells that it was %s', async (_how, isSent) => {
    server.on('request', (_request, response) => {
      onResponseEnd(response, (sent) => ends.push(sent));
      if (isSent) response.end('answer');
      else response.write('some of it');
    });
    const stream = session.request({ ':path': '/' });
    await once(stream, 'response');
    if (isSent) stream.resume();
    else stream.close(constants.NGHTTP2_CANCEL);
    await eventually('the response is over', () => ends.length > 0);
    expect(ends).toEqual([isSent]);
  });
});

async function listen(server: Server | Http2Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
