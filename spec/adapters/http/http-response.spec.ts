import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Subject, take, tap, toArray, type Observable } from 'rxjs';
import { CapacityError, consume, lease, lastValue, pull, use } from '../../../lib/index.js';
import {
  HttpNetworkError,
  HttpParseError,
  type HttpClient,
  type HttpResponse,
} from '../../../lib/adapters/http/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';
import { useServed } from './support/served.js';
import { transports } from './support/transports.js';

describe.each(transports)('HttpResponse, with %s', (_, transport) => {
  const { server, open } = useServed(transport);
  let client: HttpClient;

  beforeEach(async () => {
    client = await open();
  });

  it('has what came with the body', async () => {
    server.answer = (_, response) =>
      response.writeHead(201, 'Made', { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] }).end('text');
    const response = await lease(client.post('/books?x=1', { json: { title: 'Emma' } }));
    const { status, statusText, ok, headers, url, redirected } = response.value;
    expect({ status, statusText, ok, url, redirected }).toEqual({
      ...{ status: 201, statusText: 'Made', ok: true, redirected: false },
      url: `${server.url}/books?x=1`,
    });
    expect([headers.get('x-a'), headers.getSetCookie()]).toEqual(['1', ['a=1', 'b=2']]);
    expect(headers).toBeInstanceOf(Headers);
    expect(await response.value.text()).toBe('text');
    await response.release();
  });

  it('is read as text, as JSON and as bytes', async () => {
    server.answer = (_, response) => response.end('{"a":"é"}');
    expect(await lastValue(client.text('/'))).toBe('{"a":"é"}');
    expect(await lastValue(client.json<{ a: string }>('/'))).toEqual({ a: 'é' });
    expect(server.last.headers.accept).toBe('application/json');
    expect(new TextDecoder().decode(await lastValue(client.bytes('/')))).toBe('{"a":"é"}');
  });

  it('is read unpacked', async () => {
    server.answer = (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('unpacked'));
    expect(await lastValue(client.text('/'))).toBe('unpacked');
  });

  it('can be empty', async () => {
    server.answer = (_, response) => response.writeHead(204).end();
    expect(await lastValue(client.text('/'))).toBe('');
    expect(
      await lastValue(
        client.get('/').pipe(
          use((response) => response.lines()),
          toArray(),
        ),
      ),
    ).toEqual([]);
    expect(await lastValue(client.head('/').pipe(use(({ status }) => [status])))).toBe(204);
  });

  it('says what it was where it is no JSON', async () => {
    server.answer = (_, response) => response.end('<html>'.repeat(100));
    const error = await rejection(lastValue(client.json('/')));
    expect(error).toBeInstanceOf(HttpParseError);
    expect((error as Error).message).toMatch(/^Expected JSON from GET .*, received <html>.{50,100}…$/);
    expect((error as Error).cause).toBeInstanceOf(SyntaxError);
    server.answer = (_, response) => response.end();
    expect(String(await rejection(lastValue(client.json('/'))))).toContain('received nothing');
  });

  it('is read once', async () => {
    const response = await lease(client.get('/'));
    await response.value.text();
    expect(String(await rejection(response.value.text()))).toContain('has been read');
    expect(await rejection(lastValue(response.value.lines()))).toBeInstanceOf(TypeError);
    await response.release();
  });

  it('is read in pieces, lines, values and events', async () => {
    const answer = (text: string): void => {
      server.answer = (_, response) => {
        // Cut in the middle of everything, of a character too.
        const bytes = Buffer.from(text);
        let at = 0;
        const more = (): void => {
          if (at >= bytes.length) response.end();
          else response.write(bytes.subarray(at, (at += 5)), () => setImmediate(more));
        };
        more();
      };
    };
    answer('one\r\ntwö\rthree\n\nlast');
    expect(
      await lastValue(
        client.get('/').pipe(
          use((response) => response.lines()),
          toArray(),
        ),
      ),
    ).toEqual([...['one', 'twö', 'three', '', 'last']]);
    answer('{"a":1}\n\n{"a":"äöü"}\n');
    expect(
      await lastValue(
        client.get('/').pipe(
          use((response) => response.ndjson()),
          toArray(),
        ),
      ),
    ).toEqual([...[{ a: 1 }, { a: 'äöü' }]]);
    answer('id: 7\nevent: add\ndata: a\ndata: b\n\n: comment\n\ndata: c\n\ndata: cut off');
    expect(
      await lastValue(
        client.get('/').pipe(
          use((response) => response.events()),
          toArray(),
        ),
      ),
    ).toEqual([
      { event: 'add', data: 'a\nb', id: '7', retry: null },
      { event: 'message', data: 'c', id: '7', retry: null },
    ]);
    answer('pieces');
    const pieces = await lastValue(
      client.get('/').pipe(
        use((response) => response.chunks()),
        toArray(),
      ),
    );
    expect(Buffer.concat(pieces).toString()).toBe('pieces');
  });

  it('is asked for no more than there is room', async () => {
    let written = 0;
    const flow = (response: ServerResponse): void => {
      let takesMore = true;
      while (takesMore && written < 64_000_000) {
        written += 64_000;
        takesMore = response.write('x'.repeat(63_999) + '\n');
      }
      if (written < 64_000_000) response.once('drain', () => flow(response));
      else response.end();
    };
    server.answer = (_, response) => {
      flow(response);
    };
    const slots = new Subject<never>();
    const started: number[] = [];
    const work = client.get('/').pipe(
      use((response) =>
        pull(response.lines(), (line) => {
          started.push(line.length);
          return slots;
        }),
      ),
    );
    const consumption = consume(work);
    await eventually('the first line is worked on', () => started.length === 1);
    let before = -1;
    await eventually('the server has filled what lies between', async () => {
      const isFull = before === written;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return isFull;
    });
    expect(written).toBeLessThan(32_000_000);
    expect(started).toEqual([63_999]);
    await consumption.close();
  });

  it('has no lines that fill the memory', async () => {
    server.answer = (_, response) => response.end('x'.repeat(2_000_000));
    const long = client.get('/').pipe(use((response) => response.lines()));
    expect(await rejection(lastValue(long))).toBeInstanceOf(CapacityError);
    const short = client.get('/').pipe(use((response) => response.lines({ maxLength: 3_000_000 })));
    expect(await lastValue(short)).toHaveLength(2_000_000);
    const events = client.get('/').pipe(use((response) => response.events({ maxLength: 10 })));
    expect(await rejection(lastValue(events))).toBeInstanceOf(CapacityError);
  });

  it('answers what comes before a line that fails, though it came with it', async () => {
    const readTo = async (text: string, read: (response: HttpResponse) => Observable<unknown>): Promise<unknown[]> => {
      server.answer = (_, response) => response.end(text);
      const seen: unknown[] = [];
      const reading = client.get('/').pipe(
        use(read),
        tap((value) => seen.push(value)),
      );
      const { name } = (await rejection(lastValue(reading))) as Error;
      return [...seen, name];
    };
    expect(await readTo('one\ntwo\nthree\n', (response) => response.lines({ maxLength: 3 }))).toEqual([
      'one',
      'two',
      'CapacityError',
    ]);
    expect(await readTo('data: a\n\ndata: too long\n\n', (response) => response.events({ maxLength: 7 }))).toEqual([
      { event: 'message', data: 'a', id: '', retry: null },
      'CapacityError',
    ]);
    expect(await readTo('1\n2\nthree\n4\n', (response) => response.ndjson())).toEqual([1, 2, 'HttpParseError']);
  });

  it('takes a carriage return within JSON for the white space that it is', async () => {
    server.answer = (_, response) => response.end('{"a":\r1}\r\n{"a":2}\r');
    const values = client.get('/').pipe(
      use((response) => response.ndjson()),
      toArray(),
    );
    expect(await lastValue(values)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('fails where the connection breaks, with what the platform says of it', async () => {
    server.answer = (_, response) => {
      response.write('one\ntwo', () => response.destroy());
    };
    const seen: string[] = [];
    const lines = client.get('/').pipe(use((response) => response.lines()));
    const error = await new Promise((error) => lines.subscribe({ next: (line) => seen.push(line), error }));
    expect(error).toBeInstanceOf(HttpNetworkError);
    expect((error as Error).cause).toMatchObject({ name: 'TypeError' }); // of another realm: the platform's
    expect(seen).toEqual(['one']);
  });

  it('is left in the middle without an error', async () => {
    server.answer = (_, response) => {
      response.write('{"a":1}\n');
    };
    const values = client.get('/').pipe(
      use((response) => response.ndjson()),
      take(1),
    );
    expect(await lastValue(values)).toEqual({ a: 1 });
    const response = await lease(client.get('/'));
    for await (const line of response.value.lines()) {
      expect(line).toBe('{"a":1}');
      break;
    }
    await response.release();
    await eventually('both are broken off', () => server.active === 0);
  });

  it('keeps the beginning of a body in the error of its status', async () => {
    server.answer = (_, response) => response.writeHead(422, { 'x-a': '1' }).end('é'.repeat(5_000));
    const error = await rejection(lastValue(client.text('/')));
    expect(error).toMatchObject({ status: 422, statusText: 'Unprocessable Entity', excerpt: 'é'.repeat(1000) });
  });
});
