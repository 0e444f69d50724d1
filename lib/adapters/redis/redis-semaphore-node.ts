import { LockNode } from './lock-node.js';
import type { LockNames } from './lock-names.js';
import type { RedisPort } from './redis-port.js';
import { GIVE, LEAVE, PROLONG, TAKE } from './redis-semaphore-scripts.js';

/** Where a semaphore keeps things in Redis, all in one slot of a cluster; its permits are under `lock`. */
export interface SemaphoreNames extends LockNames {
  /** Who waits, in order of arrival. */
  readonly line: string;
  /** Until when each of them is believed to be there. */
  readonly presence: string;
}

/** What the server has answered. */
export type PermitVote =
  | { readonly kind: 'granted'; readonly fencing: number }
  | {
      readonly kind: 'full';
      /** How many permits are out. */
      readonly held: number;
      /** How many are ahead in the line. */
      readonly ahead: number;
      /** Milliseconds until something expires that is waited for. */
      readonly wait: number;
    };

/** The server, asked for one permit. What has it renewed and given back is what does so for a lock. */
export class PermitNode extends LockNode {
  constructor(
    port: RedisPort,
    private readonly places: SemaphoreNames,
    private readonly token: string,
    private readonly life: number,
    private readonly total: number,
  ) {
    super(port, places, life);
  }

  /** `patience`: milliseconds for which the place in the line is kept; 0 for one who does not wait. */
  async take(patience: number, isWanted: () => boolean): Promise<PermitVote> {
    const { lock, fence, line, presence } = this.places;
    const values = [this.token, String(this.life), String(this.total), String(patience)];
    const answer = await this.port.run(TAKE, [lock, fence, line, presence], values, isWanted);
    const [isGranted, second, ahead, wait] = (answer as readonly unknown[]).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return isGranted === 1 ? { kind: 'granted', fencing: second } : { kind: 'full', held: second, ahead, wait };
  }

  /** Leaves the line, and gives back what was granted meanwhile. */
  async leave(): Promise<void> {
    const { lock, line, presence, channel } = this.places;
    await this.port.run(LEAVE, [lock, line, presence], [this.token, channel, String(this.total)]);
  }

  override async extend(): Promise<boolean> {
    return Number(await this.port.run(PROLONG, [this.places.lock], [this.token, String(this.life)])) === 1;
  }

  override async release(): Promise<boolean> {
    const { lock, line, presence, channel } = this.places;
    const values = [this.token, channel, String(this.total)];
    return Number(await this.port.run(GIVE, [lock, line, presence], values)) === 1;
  }
}
