import { createHash } from 'node:crypto';

/**
 * What an advisory lock is on. A string is hashed by {@link lockKey}. A `bigint` is used as it is, and shares its 64 bits with
 * the strings. Two 32-bit numbers are a space of their own, as they are for PostgreSQL.
 */
export type LockKey = string | bigint | readonly [number, number];

/** A key as the server is told it. */
export interface KeyArguments {
  /** The arguments of the function, as text of the statement. */
  readonly text: string;
  readonly values: readonly (string | number)[];
  /** As it is shown in names and errors. */
  readonly label: string;
}

/**
 * The 64-bit key of an advisory lock for a name: the first eight bytes of the SHA-256 of namespace, a zero byte and name
 * in UTF-8, as a signed big-endian number.
 *
 * Use it where something else than {@link advisoryLock} has to take the same lock: a migration, `psql`, another language.
 *
 * **Collisions.** Two names with the same key are one lock: they keep each other out without need, and never let two in. Among
 * a million names the odds that any two collide are 1 in 37 million. A scope that holds one of two such names and waits
 * for the other waits for itself. Advisory locks belong to one database, and everybody in it shares their keys, so give a
 * namespace where other programs use them too. **Errors.** `TypeError` for what is no string, or has a zero byte in it.
 *
 * @example
 * ```ts
 * import { lockKey } from 'rxscope/postgres';
 *
 * lockKey('ingest'); // => -8214221014232027253n
 * lockKey('ingest', 'billing') === lockKey('ingest'); // => false
 * ```
 */
export function lockKey(name: string, namespace = ''): bigint {
  for (const text of [name, namespace]) checkText(text);
  return createHash('sha256').update(`${namespace}\0${name}`, 'utf8').digest().readBigInt64BE(0);
}

/** What the server is told. Refuses what cannot be a key. */
export function keyArguments(key: LockKey, namespace?: string): KeyArguments {
  if (typeof key === 'string') {
    const label = namespace === undefined ? key : `${namespace}:${key}`;
    return { text: '$1::int8', values: [String(lockKey(key, namespace))], label };
  }
  if (namespace !== undefined)
    throw new TypeError('Expected namespace with a string as the key: numbers are not hashed.');
  if (typeof key === 'bigint') {
    if (BigInt.asIntN(64, key) !== key)
      throw new RangeError(`Expected a key of 64 bits, signed, received ${String(key)}.`);
    return { text: '$1::int8', values: [String(key)], label: String(key) };
  }
  if (!isPair(key)) {
    throw new TypeError('Expected the key to be a string, a bigint or two whole numbers of 32 bits, signed.');
  }
  return { text: '$1::int4, $2::int4', values: key, label: key.join(',') };
}

function isPair(key: unknown): boolean {
  return Array.isArray(key) && key.length === 2 && key.every((half) => typeof half === 'number' && (half | 0) === half);
}

function checkText(text: unknown): void {
  if (typeof text === 'string' && !text.includes('\0')) return;
  throw new TypeError('Expected the name and the namespace of a lock to be strings without a zero byte.');
}
