import type { Node } from '../core/engine/scope.js';
import { checkResource, type Resource } from '../core/resource-class.js';
import type { Instance } from './instance.js';
import { Sharing, type SharingOptions } from './sharing.js';

/** The map that an entry is in. */
export interface EntryOwner<K, T> {
  describe(key: K): Resource<T>;
  idleTimeout(key: K): number;
  generation(): number;
  admit(source: Node, own: ReadonlySet<Instance>): Node;
  idle(instance: Instance): void;
  used(instance: Instance): void;
  ending(instance: Instance): void;
  gone(instance: Instance): void;
  failed(instance: Instance, error: unknown): void;
  /** Nothing is left of it. */
  emptied(entry: Entry<K, T>): void;
}

/** What is shared under one key. It is there as long as it has instances, so none can be mistaken for a newer one. */
export class Entry<K, T> extends Sharing<T> {
  /** How many are just coming: what they find must stay, although nothing may be in it. */
  visitors = 0;

  constructor(
    readonly key: K,
    /** What the map knows it by. */
    readonly id: unknown,
    options: SharingOptions,
    private readonly owner: EntryOwner<K, T>,
  ) {
    super(options);
  }

  get isEmpty(): boolean {
    return this.instances.size === 0 && this.visitors === 0;
  }

  protected describe(): Resource<T> {
    const source = this.owner.describe(this.key);
    checkResource(source);
    return source;
  }

  protected idleTimeout(): number {
    return this.owner.idleTimeout(this.key);
  }

  protected generation(): number {
    return this.owner.generation();
  }

  protected override admit(source: Node): Node {
    return this.owner.admit(source, this.instances);
  }

  idle(instance: Instance): void {
    this.owner.idle(instance);
  }

  used(instance: Instance): void {
    this.owner.used(instance);
  }

  override ending(instance: Instance): void {
    super.ending(instance);
    this.owner.ending(instance);
  }

  override gone(instance: Instance): void {
    super.gone(instance);
    this.owner.gone(instance);
    if (this.isEmpty) this.owner.emptied(this);
  }

  override failed(instance: Instance, error: unknown): void {
    this.owner.failed(instance, error);
  }
}
