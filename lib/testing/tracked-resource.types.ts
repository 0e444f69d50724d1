import type { OpenResource } from '../core/index.js';

/** A scope that is open, and what is known of its opening. */
export interface TrackedResource extends OpenResource {
  /** Milliseconds since it was opened. */
  readonly age: number;
  /** The stack of the opener, without the frames of RxJS and of this package; null where none was asked for. */
  readonly openedAt: string | null;
  /** Which of its resources it waits for while it is entering or exiting, where that has another name; else null. */
  readonly at: string | null;
}

/** A resource that was held, and described without a release. */
export interface UnreleasedResource {
  readonly name: string;
  /** The scope it was held in: another name where that enters several. */
  readonly scope: string;
  /** The stack of whoever opened the first such scope; null where none was asked for. */
  readonly openedAt: string | null;
}
