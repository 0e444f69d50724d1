import type { Instance } from './instance.js';

/** One instance in a {@link KeyedStats}. */
export interface KeyedInstance<K> {
  readonly key: K;
  /** Grows with each instance that the map makes; tells two of one key apart. */
  readonly generation: number;
  readonly state: 'entering' | 'held' | 'idle' | 'exiting';
  /** Whether `get(key)` gives this one. */
  readonly current: boolean;
  /** How many use it. */
  readonly users: number;
  /** How many wait for it. */
  readonly waiting: number;
  /** Milliseconds since it became idle, or was touched; 0 where it is not idle. */
  readonly idleFor: number;
}

/** What a {@link Keyed} has at a moment. */
export interface KeyedStats<K> {
  readonly capacity: number;
  readonly entering: number;
  readonly held: number;
  readonly idle: number;
  readonly exiting: number;
  /** Keys in the order in which they came up, the instances of a key oldest first. */
  readonly instances: readonly KeyedInstance<K>[];
}

/** The part of an entry that is counted. */
interface Counted<K> {
  readonly key: K;
  readonly instances: ReadonlySet<Instance>;
  find(): Instance | null;
}

export function keyedStats<K>(capacity: number, entries: Iterable<Counted<K>>): KeyedStats<K> {
  const counts = { entering: 0, held: 0, idle: 0, exiting: 0 };
  const instances: KeyedInstance<K>[] = [];
  for (const entry of entries) {
    for (const instance of entry.instances) {
      const view = viewOf(entry.key, instance, instance === entry.find());
      counts[view.state]++;
      instances.push(view);
    }
  }
  return Object.freeze({ capacity, ...counts, instances: Object.freeze(instances) });
}

function viewOf<K>(key: K, instance: Instance, current: boolean): KeyedInstance<K> {
  const { state, isEnding, generation, users, scheduler, idleSince } = instance;
  const waiting = [...users].filter((user) => user.state === 'waiting').length;
  return Object.freeze({
    key,
    generation,
    state: isEnding || state === 'gone' ? 'exiting' : state,
    current,
    users: users.size - waiting,
    waiting,
    idleFor: state === 'idle' ? scheduler.now() - idleSince : 0,
  });
}
