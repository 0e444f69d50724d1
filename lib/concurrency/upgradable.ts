import { ClosedError } from '../core/engine/errors.js';
import type { Node, Scope } from '../core/engine/scope.js';
import { chain, leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import type { Claim } from './claim.js';
import { claimLeaf } from './permit-leaf.js';
import type { Permits } from './permits.js';
import { enterRwLock, UPGRADE_PERMITS } from './rw-permits.js';

/** Reading that may turn into writing: the handle of `upgradable`. */
export interface Upgradable {
  /** Writing, as long as it is open. */
  readonly upgrade: Resource<void>;
}

/**
 * Entering `upgradable`: first the intent, of which there is one, then a permit as a reader. Its upgrade takes all the
 * others and gives them back, so that the reader's permit is held throughout.
 */
export function upgradableNode(permits: Permits, intent: Permits): Node {
  const start = leaf({ acquire: () => new Upgrading(permits) });
  return chain(start, (upgrading: Upgrading) =>
    chain(
      upgrading.part(intent, (scope) => intent.take(scope, 1, 0)),
      () => upgrading.part(permits, (scope) => enterRwLock(permits, scope, 1)),
    ),
  );
}

/** One who holds `upgradable`. */
class Upgrading {
  private readonly handle: Upgradable;
  /** Upgrades of it that are held or waited for. */
  private upgrades = 0;
  private hasEnded = false;
  private readonly kept: (() => void)[] = [];

  constructor(private readonly permits: Permits) {
    const { name } = permits;
    const held = leaf({
      acquire: () => {
        this.begin();
      },
      release: () => {
        this.end();
      },
    });
    const all = claimLeaf(permits, (scope) => enterRwLock(permits, scope, UPGRADE_PERMITS));
    this.handle = Object.freeze({
      upgrade: new Resource<void>(
        name,
        chain(held, () => all),
      ),
    });
  }

  /**
   * A claim of it, given back when it ends. An upgrade that was entered by hand may outlive it: then nothing goes back before
   * that has ended too, or others would come in beside the writer.
   */
  part(from: Permits, acquire: (scope: Scope) => unknown): Node {
    return leaf({
      interruptible: true,
      acquire,
      entered: () => this.handle,
      release: (claim: Claim) => {
        this.hasEnded = true;
        this.kept.push(() => {
          from.give(claim);
        });
        this.giveBack();
      },
    });
  }

  private begin(): void {
    const { name } = this.permits;
    if (this.hasEnded) {
      const message = `The scope of "${name}" that was to be upgraded has ended. Enter \`upgrade\` inside it.`;
      throw new ClosedError(message, { resource: name });
    }
    this.upgrades++;
  }

  private end(): void {
    this.upgrades--;
    this.giveBack();
  }

  private giveBack(): void {
    if (this.upgrades > 0) return;
    for (const give of this.kept.splice(0)) give();
  }
}
