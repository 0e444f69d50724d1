import { asyncScheduler, type SchedulerLike } from 'rxjs';

import type { Node } from '../core/engine/scope.js';
import { rxLayer } from '../core/layer.js';
import { chain } from '../core/leaf.js';
import { nodeOf, type Resource } from '../core/resource-class.js';
import { Instance } from './instance.js';
import type { InstanceOwner } from './instance.types.js';
import { Turns } from './turn.js';
import type { User } from './user.js';

/** How something is shared. */
export interface SharingOptions {
  readonly overlap: boolean;
  readonly scheduler: SchedulerLike;
}

/**
 * What shares one resource: finds an instance for everybody who comes, and makes one where there is none.
 *
 * There are several of them only where one was replaced while it was used, and while one is released.
 */
export abstract class Sharing<T> implements InstanceOwner<Instance> {
  /** Whom newcomers join. */
  current: Instance | null = null;
  /** What takes its place once it is entered. */
  private incoming: Instance | null = null;
  /** All that have not gone yet, oldest first. */
  readonly instances = new Set<Instance>();
  private readonly turns = new Turns(() => this.isReleasing());

  constructor(private readonly options: SharingOptions) {}

  /** What the next instance is made of. */
  protected abstract describe(): Resource<T>;
  /** How long it is kept when nobody uses it. */
  protected abstract idleTimeout(): number;
  protected abstract generation(): number;

  /** What a newcomer joins, or null where it is the first. */
  find(): Instance | null {
    const { current, incoming } = this;
    if (current?.isEnding === false) return current;
    return incoming?.isEnding === false ? incoming : null;
  }

  /** Gives `user` the instance that is there, or enters one. */
  join(user: User): void {
    const found = this.find();
    if (found !== null) found.join(user);
    else this.enter(user, (instance) => (this.current = instance));
  }

  /** Gives `user` a new instance, which takes the place of the one that is there as soon as it is entered. */
  refresh(user: User): void {
    if (this.find() === null || this.current === null) this.join(user);
    else if (this.incoming?.isEnding === false) this.incoming.join(user);
    else this.enter(user, (instance) => (this.incoming = instance));
  }

  /** Those who have an instance keep it; who comes from now on gets a new one. */
  invalidate(): void {
    const { current, incoming } = this;
    this.current = this.incoming = null;
    current?.retire();
    incoming?.retire();
  }

  entered(instance: Instance): void {
    if (instance !== this.incoming) return;
    const before = this.current;
    this.current = instance;
    this.incoming = null;
    before?.retire();
  }

  abstract idle(instance: Instance): void;
  abstract used(instance: Instance): void;

  ending(instance: Instance): void {
    if (this.current === instance) this.current = null;
    if (this.incoming === instance) this.incoming = null;
  }

  gone(instance: Instance): void {
    this.instances.delete(instance);
    this.turns.serve();
  }

  failed(_instance: Instance, error: unknown): void {
    rxLayer.report(error);
  }

  /** What entering an instance takes besides its source. */
  protected admit(source: Node): Node {
    return source;
  }

  private isReleasing(): boolean {
    for (const instance of this.instances) if (instance.isEnding) return true;
    return false;
  }

  private enter(user: User, place: (instance: Instance) => void): void {
    const source = this.describe();
    const idleTimeout = this.idleTimeout();
    const node = this.admit(this.inTurn(nodeOf(source)));
    const { scheduler } = this.options;
    const instance = new Instance({ name: source.name, generation: this.generation(), idleTimeout, scheduler }, this);
    place(instance);
    this.instances.add(instance);
    instance.join(user);
    instance.open(node);
  }

  /** Where nothing is there that could be released, there is no turn to wait for. */
  private inTurn(source: Node): Node {
    return this.options.overlap || this.instances.size === 0 ? source : chain(this.turns.leaf, () => source);
  }
}

export function sharingOptions(options: { overlap?: boolean; scheduler?: SchedulerLike }): SharingOptions {
  const { overlap = false, scheduler = asyncScheduler } = options;
  return { overlap, scheduler };
}
