import type { ExpectedExit } from '../index.js';

type Kind = Extract<ExpectedExit, { readonly kind: string }>['kind'];

/** What `expect` can do with probes and trackers once it has been extended with `matchers`. */
export interface ResourceMatchers<R> {
  /** A probe has been entered: at least once, or exactly so many times. */
  toHaveAcquired(times?: number): R;

  /** A probe has been released, and the release has not failed: at least once, or exactly so many times. */
  toHaveReleased(times?: number): R;

  /** At least one scope of a probe was told this exit; the error has to equal the one that is given. */
  toHaveExited(kind: Exclude<Kind, 'error'>): R;
  toHaveExited(kind: 'error', error?: unknown): R;

  /**
   * The releases of some probes were over in this order. Received: a list of probes, which go by their names, or a record,
   * whose keys name them. A failed release counts; a probe stands in the order once for each scope that has been released.
   */
  toReleaseInOrder(names: readonly string[]): R;

  /** Nothing is open: of a probe, of a list or a record of probes, or of what `trackResources()` answered. */
  toHaveNoOpenResources(): R;
}

/* eslint-disable @typescript-eslint/no-namespace, @typescript-eslint/no-empty-object-type -- how Jest is told of matchers */
/* eslint-disable @typescript-eslint/no-unused-vars -- interfaces merge only where their parameters are the same */
declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends ResourceMatchers<R> {}
  }
}

// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- not an error for us, but where Jest is not installed
/** @ts-ignore `expect` is not there with Vitest. */
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ResourceMatchers<R> {}
}
