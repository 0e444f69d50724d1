/** What a name may take of a server's memory: longer ones are cut without a word by LISTEN, and refused by pg_notify. */
const LONGEST_NAME = 63;

/** Refuses what is no channel, or would be another one than it says. */
export function checkChannel(channel: unknown): asserts channel is string {
  if (typeof channel !== 'string' || channel === '' || channel.includes('\0')) {
    throw new TypeError(
      `Expected a channel to be a string, not empty, without a zero byte, received ${JSON.stringify(channel)}.`,
    );
  }
  const bytes = Buffer.byteLength(channel);
  if (bytes > LONGEST_NAME) {
    throw new RangeError(
      `Expected a channel of at most ${String(LONGEST_NAME)} bytes, received ${String(bytes)}: "${channel}". The server would cut it.`,
    );
  }
}

/** As a name in a statement: exactly this one, in upper and lower case. */
export function quoteChannel(channel: string): string {
  return `"${channel.replaceAll('"', '""')}"`;
}
