/** Headers in any of the forms that are used for them. Those that are undefined are left out. */
export type HeadersInput =
  Headers | Readonly<Record<string, string | undefined>> | readonly (readonly [string, string])[];

/** What default headers that are a function are told. */
export interface HeadersContext {
  readonly method: string;
  readonly url: string;
}

/** Headers of every request of a client; as a function they are asked for each try anew, so that a token can change. */
export type DefaultHeaders =
  HeadersInput | ((this: void, context: HeadersContext) => HeadersInput | PromiseLike<HeadersInput>);

/** Headers that say nothing about who asks. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent']);

/** Adds to headers; of a name that is there already, the new value counts. */
export function setHeaders(headers: Headers, input: HeadersInput | undefined): void {
  for (const [name, value] of entriesOf(input)) {
    if (value !== undefined) headers.set(name, value);
  }
}

function entriesOf(input: HeadersInput = []): Iterable<readonly [string, string | undefined]> {
  return Symbol.iterator in input ? (input as Iterable<readonly [string, string]>) : Object.entries(input);
}

/** Takes out whatever may say who asks, for another origin (H7). */
export function keepHarmless(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (!HARMLESS.has(name)) headers.delete(name);
  }
}

/** Whether there is nothing in them that another origin must not see. */
export function areHarmless(headers: Headers): boolean {
  return [...headers.keys()].every((name) => HARMLESS.has(name));
}

/** Takes out what describes a body that is not sent any more (RFC 9110, 15.4). */
export function dropContent(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (name.startsWith('content-')) headers.delete(name);
  }
}
