import { Subscription, UnsubscriptionError, type Unsubscribable } from 'rxjs';

/** One way to end something: a function, or something to unsubscribe. */
export type Teardown = Unsubscribable | (() => void);

/** The teardowns of a body that has more than one. */
class Several extends Subscription {}

/** One slot for any number of teardowns. What has closed by itself makes room. */
export function both(first: Teardown | null, second: Teardown): Teardown {
  if (first === null || (first as { closed?: boolean }).closed === true) return second;
  const several = first instanceof Several ? first : new Several();
  several.add(first);
  several.add(second);
  return several;
}

export function without(slot: Teardown | null, teardown: Teardown): Teardown | null {
  if (slot === teardown) return null;
  if (slot instanceof Several) slot.remove(teardown);
  return slot;
}

/** What a teardown has thrown. RxJS wraps that; a single failure comes out as it was. */
export function unwrapped(error: unknown): unknown {
  return error instanceof UnsubscriptionError && error.errors.length === 1 ? error.errors[0] : error;
}

/** Runs a teardown. */
export function run(teardown: Teardown): void {
  try {
    if (typeof teardown === 'function') teardown();
    else teardown.unsubscribe();
  } catch (error) {
    throw unwrapped(error);
  }
}
