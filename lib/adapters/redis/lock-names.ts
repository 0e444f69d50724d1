/** Where a lock keeps things in Redis. */
export interface LockNames {
  /** The key that is there while it is held. */
  readonly lock: string;
  /** The counter of fencing numbers. It stays. */
  readonly fence: string;
  /** The channel that says when it was given back. */
  readonly channel: string;
}

/** All of a lock has to be in one slot of a cluster: a script may touch nothing else. */
export function lockNames(prefix: string, key: string): LockNames {
  const lock = hashTagged(prefix, key);
  return { lock, fence: `${lock}:fence`, channel: `${lock}:free` };
}

/**
 * The name of a key with a hash tag: Redis Cluster finds the slot by what stands between the first braces alone. One that has
 * a tag stays as it is, so that several can be sent to one slot.
 */
export function hashTagged(prefix: string, key: string): string {
  const name = prefix + key;
  return /^[^{]*\{[^}]+\}/.test(name) || /[{}]/.test(key) ? name : `${prefix}{${key}}`;
}
