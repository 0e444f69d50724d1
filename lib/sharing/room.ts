import { semaphore, type Semaphore } from '../concurrency/semaphore.js';
import { CapacityError } from '../core/engine/errors.js';
import type { Node } from '../core/engine/scope.js';
import { chain } from '../core/leaf.js';
import { nodeOf } from '../core/resource-class.js';
import type { Instance } from './instance.js';

const NONE: ReadonlySet<Instance> = /* @__PURE__ */ new Set();

/** Which instances are there: those in use, those to spare, and those that are being released. */
export class Room {
  /** Nobody uses them; the one used least recently first. */
  readonly idle = new Set<Instance>();
  private readonly leaving = new Set<Instance>();
  /** One for each instance from before it is entered to after it is released. Null where there is no limit. */
  private readonly permits: Semaphore | null;

  constructor(
    readonly capacity: number,
    private readonly whenFull: 'evict' | 'wait',
  ) {
    this.permits = capacity === Infinity ? null : semaphore(capacity, { name: 'capacity' });
  }

  /**
   * Makes room for one more; answers what entering it takes. Gives up one that is idle where that is needed, one of `own`
   * only where there is nothing else to wait for.
   */
  admit(source: Node, own: ReadonlySet<Instance>): Node {
    const { permits } = this;
    if (permits === null) return source;
    if (this.lacking(permits) + 1 > 0) {
      const victim = this.spare(own) ?? (this.whenFull === 'wait' ? this.spare(NONE) : null);
      if (victim === null && this.whenFull === 'evict') throw this.full();
      victim?.retire();
    }
    return chain(nodeOf(permits.permit), () => source);
  }

  /** It is to spare, or is so anew. Where somebody waits for room, one has to go. */
  add(instance: Instance): void {
    this.remove(instance);
    this.idle.add(instance);
    if (this.permits !== null && this.lacking(this.permits) > 0) this.spare(NONE)?.retire();
  }

  remove(instance: Instance): void {
    this.idle.delete(instance);
  }

  /** It may be on its way out, and is not to spare in any case. */
  ending(instance: Instance): void {
    this.remove(instance);
    if (instance.state === 'exiting') this.leaving.add(instance);
  }

  gone(instance: Instance): void {
    this.leaving.delete(instance);
  }

  /** How many wait beyond those for whom there is room, or will be when what is leaving has gone. Negative: room to spare. */
  private lacking({ waiting, available }: Semaphore): number {
    return waiting - available - this.leaving.size;
  }

  /** The idle one that was used least recently, and is none of `own`. */
  private spare(own: ReadonlySet<Instance>): Instance | null {
    for (const instance of this.idle) if (!own.has(instance)) return instance;
    return null;
  }

  private full(): CapacityError {
    const { capacity, leaving, permits } = this;
    return new CapacityError(
      `No room for another key: ${String(capacity)} of ${String(capacity)} instances are in use or on their way, ` +
        `${String(leaving.size)} of them being released, for ${String(permits?.waiting)} that wait.`,
      { resource: 'keyed' },
    );
  }
}
