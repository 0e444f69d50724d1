import { settled } from '../../../lib/index.js';
import { keyed, type Keyed, type KeyedOptions } from '../../../lib/sharing/index.js';
import type { Journal, Part } from '../../support/journal.js';

/** A map of resources of a journal, one named after each key, held until it is left. */
export interface OpenMap {
  readonly map: Keyed<string, string>;
  /** Leaves its scope, which goes on in the background. */
  leave(): void;
  /** The same, and waits for it. */
  done(): Promise<void>;
}

export function openMap(
  journal: Journal,
  part: Part | ((key: string) => Part) = {},
  options: KeyedOptions<string> = {},
): OpenMap {
  let map!: Keyed<string, string>;
  const partOf = typeof part === 'function' ? part : (): Part => part;
  const held = keyed((key: string) => journal.resource(key, partOf(key)), options);
  const subscription = held.subscribe((handle) => {
    map = handle;
  });
  return {
    map,
    leave: () => {
      subscription.unsubscribe();
    },
    done: () => {
      subscription.unsubscribe();
      return settled();
    },
  };
}
