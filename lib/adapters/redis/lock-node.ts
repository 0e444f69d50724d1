import type { LockVote } from './errors.js';
import type { LockNames } from './lock-names.js';
import { ACQUIRE, EXTEND, RELEASE } from './lock-scripts.js';
import type { RedisPort } from './redis-port.js';

/** One server, asked for one lock in one acquisition. */
export class LockNode {
  /** Whether it has not answered yet. It is not asked again meanwhile: requests would only pile up. */
  private isSilent = false;

  constructor(
    readonly port: RedisPort,
    private readonly names: LockNames,
    private readonly ttl: number,
  ) {}

  /** Asks for the lock. Never rejects. */
  async vote(token: string, isWanted: () => boolean): Promise<LockVote> {
    if (this.isSilent) return { kind: 'silent' };
    this.isSilent = true;
    try {
      const { lock, fence } = this.names;
      const answer = await this.port.run(ACQUIRE, [lock, fence], [token, String(this.ttl)], isWanted);
      return voteOf(answer);
    } catch (error) {
      return { kind: 'failed', error };
    } finally {
      this.isSilent = false;
    }
  }

  /** Prolongs it, and answers whether it was still there. */
  async extend(token: string, fencing: number): Promise<boolean> {
    const { lock, fence } = this.names;
    return isYes(await this.port.run(EXTEND, [lock, fence], [token, String(this.ttl), String(fencing)]));
  }

  /** Deletes it, and answers whether it was still there. Without `tell` those that wait are not woken. */
  async release(token: string, tell: boolean): Promise<boolean> {
    const { lock, channel } = this.names;
    return isYes(await this.port.run(RELEASE, [lock], [token, tell ? channel : '']));
  }
}

/** Clients can be told to answer numbers as strings. */
function isYes(answer: unknown): boolean {
  return Number(answer) === 1;
}

function voteOf(answer: unknown): LockVote {
  if (!Array.isArray(answer)) return { kind: 'granted', fencing: Number(answer) };
  const [token, remaining] = answer as readonly unknown[];
  const left = Number(remaining);
  return { kind: 'held', holder: holderOf(String(token)), remaining: left < 0 ? Infinity : left };
}

const TOKEN = /^[\da-f-]{36}\.\d+ /;

/** What a holder calls itself, see {@link tokenOf}. */
function holderOf(token: string): string {
  return TOKEN.test(token) ? token.replace(TOKEN, '') : `something that is no lock (${token.slice(0, 40)})`;
}

/** What stands under the key: unique for each attempt, so that a late release of one does not undo the next. */
export function tokenOf(acquisition: string, attempt: number, owner: string): string {
  return `${acquisition}.${String(attempt)} ${owner}`;
}
