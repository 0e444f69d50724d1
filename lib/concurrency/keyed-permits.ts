import type { Scope } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import type { Claim } from './claim.js';
import { lockStats, type LockStats } from './lock-stats.js';
import { tryClaim } from './permit-leaf.js';
import { Permits, type PermitsOptions } from './permits.js';
import type { Waiting } from './waiting.js';

/** How locks by key are made, of whatever kind. */
export interface KeyedLockOptions<K> {
  /** Shown in errors, by `openResources()` and in `stats()`, with the key where that is a string or a number. */
  readonly name?: string;
  /** What makes two keys the same: their answers are. Default: the key itself, compared as in a `Map`. */
  readonly keyOf?: ((key: K) => unknown) | undefined;
}

/** Those of one key. They leave the map as soon as nobody holds any and nobody waits. */
class KeyPermits<K> extends Permits {
  constructor(
    options: PermitsOptions,
    readonly key: K,
    /** What makes it the same as another one. */
    private readonly id: unknown,
    private readonly used: Map<unknown, KeyPermits<K>>,
  ) {
    super(options);
  }

  override give(claim: Claim, count = claim.count): void {
    super.give(claim, count);
    this.tidy();
  }

  override left(waiting: Waiting): void {
    super.left(waiting);
    this.tidy();
  }

  private tidy(): void {
    if (this.available === this.total && this.line.length === 0) this.used.delete(this.id);
  }
}

/** Permits for each key, there as long as somebody holds or waits for them. */
export class KeyedPermits<K> {
  private readonly used = new Map<unknown, KeyPermits<K>>();

  constructor(
    private readonly options: PermitsOptions,
    private readonly keyOf: (key: K) => unknown = (key) => key,
  ) {}

  get keys(): readonly K[] {
    return [...this.used.values()].map(({ key }) => key);
  }

  /** Null where nobody holds any. */
  of(key: K): Permits | null {
    return this.used.get(this.keyOf(key)) ?? null;
  }

  stats(key: K): LockStats {
    return lockStats(this.of(key) ?? this.make(key, undefined));
  }

  /** One of a key, held. Waits for its turn. */
  resource(key: K): Resource<void> {
    return this.held(key, (permits, scope) => permits.take(scope, 1, 0));
  }

  /** The same, but fails at once where it would have to wait. */
  tryResource(key: K): Resource<void> {
    return this.held(key, (permits, scope) => tryClaim(permits.name, permits, scope, 1));
  }

  private held(key: K, take: (permits: Permits, scope: Scope) => unknown): Resource<void> {
    const node = leaf({
      interruptible: true,
      acquire: (scope) => take(this.use(key), scope),
      entered: () => undefined,
      release: (claim: Claim) => {
        (claim.source as KeyPermits<K>).give(claim);
      },
    });
    return new Resource<void>(this.nameOf(key), node);
  }

  /** What is made here is taken from at once: nobody has to be waited for yet. */
  private use(key: K): KeyPermits<K> {
    const id = this.keyOf(key);
    const found = this.used.get(id);
    if (found !== undefined) return found;
    const made = this.make(key, id);
    this.used.set(id, made);
    return made;
  }

  private make(key: K, id: unknown): KeyPermits<K> {
    return new KeyPermits({ ...this.options, name: this.nameOf(key) }, key, id, this.used);
  }

  private nameOf(key: K): string {
    const { name } = this.options;
    return typeof key === 'string' || typeof key === 'number' ? `${name}(${String(key)})` : name;
  }
}
