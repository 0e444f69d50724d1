import { checkDuration, kindOf } from '../internal/check.js';
import { ClosedError } from '../core/engine/errors.js';
import type { Exit } from '../core/engine/exit.js';
import type { Node } from '../core/engine/scope.js';
import { rxLayer } from '../core/layer.js';
import { Resource } from '../core/resource-class.js';
import { Entry, type EntryOwner } from './entry.js';
import type { Instance } from './instance.js';
import { KeyedClosing } from './keyed-closing.js';
import type { KeyedSettings } from './keyed-options.js';
import { keyedStats, type KeyedStats } from './keyed-stats.js';
import { Room } from './room.js';
import { userLeaf, type User } from './user.js';

/** What is shared by key: entries that are there as long as they have instances, so that a key gone leaves nothing behind. */
export class KeyedMap<K, T> implements EntryOwner<K, T> {
  private readonly entries = new Map<unknown, Entry<K, T>>();
  private readonly room: Room;
  private generations = 0;
  private closing: KeyedClosing | null = null;

  constructor(private readonly settings: KeyedSettings<K, T>) {
    this.room = new Room(settings.capacity, settings.whenFull);
  }

  /** A resource whose users come to the entry of `key` by `join`. */
  resource(key: K, join: (entry: Entry<K, T>, user: User) => void): Resource<T> {
    const name = nameOf(key);
    const come = (user: User): void => {
      try {
        if (this.closing !== null) throw closedError(name);
        this.with(key, (entry) => {
          join(entry, user);
        });
      } catch (error) {
        user.refuse(error);
      }
    };
    return new Resource<T>(name, userLeaf(come));
  }

  /** The entry of a key that has one. */
  find(key: K): Entry<K, T> | undefined {
    return this.entries.get(this.settings.keyOf(key));
  }

  keys(): readonly K[] {
    return [...this.entries.values()].filter((entry) => entry.find() !== null).map(({ key }) => key);
  }

  stats(): KeyedStats<K> {
    return keyedStats(this.settings.capacity, this.entries.values());
  }

  /** Lets nobody in any more, and tells `done` when all has gone. May be called again, to force it or to wait as well. */
  close(force: boolean, done: (outcome: Exit, closing: KeyedClosing) => void): void {
    const all = [...this.entries.values()].flatMap(({ instances }) => [...instances]);
    const closing = (this.closing ??= new KeyedClosing(all.length));
    const { isTelling } = closing;
    closing.wait(done);
    closing.isTelling = true;
    for (const instance of all.sort((one, other) => other.generation - one.generation)) {
      instance.retire();
      closing.ended += instance.endUsers(closedError(instance.name), force);
    }
    closing.isTelling = isTelling;
    if (this.entries.size === 0) closing.finish();
  }

  describe(key: K): Resource<T> {
    return this.settings.factory(key);
  }

  idleTimeout(key: K): number {
    const due = this.settings.idleTimeout(key);
    checkDuration(due, 'idleTimeout');
    return due;
  }

  generation(): number {
    return ++this.generations;
  }

  admit(source: Node, own: ReadonlySet<Instance>): Node {
    return this.room.admit(source, own);
  }

  idle(instance: Instance): void {
    this.room.add(instance);
  }

  used(instance: Instance): void {
    this.room.remove(instance);
  }

  ending(instance: Instance): void {
    this.room.ending(instance);
  }

  gone(instance: Instance): void {
    this.room.gone(instance);
  }

  failed(instance: Instance, error: unknown): void {
    if (this.closing === null) rxLayer.report(error);
    else this.closing.failed(instance, error);
  }

  emptied(entry: Entry<K, T>): void {
    if (this.entries.get(entry.id) !== entry) return;
    this.entries.delete(entry.id);
    if (this.entries.size === 0) this.closing?.finish();
  }

  private with(key: K, action: (entry: Entry<K, T>) => void): void {
    const id = this.settings.keyOf(key);
    const entry = this.entries.get(id) ?? new Entry(key, id, this.settings.sharing, this);
    this.entries.set(id, entry);
    entry.visitors++;
    try {
      action(entry);
    } finally {
      entry.visitors--;
      if (entry.isEmpty) this.emptied(entry);
    }
  }
}

function closedError(name: string): ClosedError {
  return new ClosedError(`"${name}" is not available: what it is kept in has been closed.`, { resource: name });
}

function nameOf(key: unknown): string {
  const isPrimitive = (typeof key !== 'object' || key === null) && typeof key !== 'function';
  return `keyed(${isPrimitive ? String(key) : kindOf(key)})`;
}
