import { request } from 'node:http';

/**
 * As much of `fetch` as pagination needs, for answers with more than 16 kB of headers: Node's own `fetch` refuses
 * those, and does not let itself be told otherwise at run time.
 */
export function roomyFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const address = url instanceof Request ? url.url : url;
    const headers = Object.fromEntries(new Headers(init.headers));
    const asked = request(
      address,
      { headers, maxHeaderSize: 1_000_000, signal: init.signal ?? undefined },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const told = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
          resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 0, headers: told }));
        });
      },
    );
    asked.on('error', reject).end();
  });
}
