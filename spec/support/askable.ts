import type { Journal } from './journal.js';

/** A generator that writes down when it is asked, and when it is closed. */
export function* asked<T>(journal: Journal, values: Iterable<T>): Generator<T, void> {
  try {
    for (const value of values) {
      journal.note(`asked ${String(value)}`);
      yield value;
    }
    journal.note('asked for more');
  } finally {
    journal.note('closed');
  }
}
