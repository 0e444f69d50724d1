/** What a server answered, as far as limits go. */
export interface Answer {
  readonly status: number | undefined;
  readonly hasHeaders: boolean;
  /** The value of a header, null where it is not there. */
  header(name: string): string | null;
}

/** Where clients keep the response: axios, got and Octokit, the AWS SDK, Stripe. */
const PLACES = ['response', '$response', 'lastResponse'] as const;

/**
 * The answer of a server that `thing` is or holds, null where there is none. Without headers a status counts where it
 * can hardly mean something else: in an error, and in the metadata of the AWS SDK.
 */
export function answerOf(thing: unknown): Answer | null {
  return thing instanceof Error ? answerOfError(thing) : answerIn(thing);
}

/** The first with headers in an error and its causes, else the first. */
function answerOfError(error: Error): Answer | null {
  const errors = new Set<unknown>();
  let found: Answer | null = null;
  for (let at: unknown = error; !errors.has(at); at = at instanceof Error ? at.cause : at) {
    errors.add(at);
    const answer = answerIn(at);
    if (answer?.hasHeaders === true) return answer;
    found ??= answer;
  }
  return found;
}

function answerIn(thing: unknown): Answer | null {
  if (!isRecord(thing)) return null;
  for (const part of [thing, ...PLACES.map((place) => thing[place])]) {
    if (!isRecord(part) || !isRecord(part['headers'])) continue;
    const { headers } = part as { headers: Fields };
    return { status: statusOf(part) ?? statusOf(thing), hasHeaders: true, header: (name) => read(headers, name) };
  }
  const status = thing instanceof Error ? statusOf(thing) : metadataStatus(thing);
  return status === undefined ? null : { status, hasHeaders: false, header: () => null };
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function statusOf(part: Fields): number | undefined {
  const { status, statusCode } = part;
  if (typeof status === 'number') return status;
  return typeof statusCode === 'number' ? statusCode : metadataStatus(part);
}

function metadataStatus({ $metadata }: Fields): number | undefined {
  const status = isRecord($metadata) ? $metadata['httpStatusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** `Headers` look names up themselves. A plain object may have them in any case. */
function read(headers: Fields, name: string): string | null {
  const value = typeof headers['get'] === 'function' ? (headers as unknown as Headers).get(name) : find(headers, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' || typeof first === 'number' ? String(first).trim() : null;
}

function find(headers: Fields, name: string): unknown {
  const key = name in headers ? name : Object.keys(headers).find((key) => key.toLowerCase() === name);
  return key === undefined ? undefined : headers[key];
}

/** Lets go of a response that nobody will see. A body that is not read to its end holds on to its connection. */
export function discard(response: unknown): void {
  const body = isRecord(response) ? response['body'] : null;
  if (!isRecord(body) || typeof body['cancel'] !== 'function') return;
  (body as unknown as ReadableStream).cancel().catch(() => undefined); // broken off, or somebody else reads it
}
