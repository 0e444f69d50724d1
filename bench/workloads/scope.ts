/** What every variant acquires, uses and releases: as little as possible, counted for the checksum. */
import type { Observer, Unsubscribable } from 'rxjs';
import { tally } from '../measure/tally.js';

export class Handle implements AsyncDisposable {
  readonly value = 1;

  [Symbol.asyncDispose](): Promise<void> {
    return releaseLater(this);
  }
}

export const acquire = (): Handle => {
  tally.opened += 1;
  return new Handle();
};

export const use = ({ value }: Handle): number => {
  tally.used += value;
  return value;
};

export const release = ({ value }: Handle): void => {
  tally.closed += value;
};

export const acquireLater = async (): Promise<Handle> => acquire();

export const useLater = async (handle: Handle): Promise<number> => use(handle);

export const releaseLater = async (handle: Handle): Promise<void> => release(handle);

/** What RxJS's own `using` wants of a resource. */
export interface Held extends Unsubscribable {
  readonly handle: Handle;
}

export const hold = (): Held => {
  const handle = acquire();
  return { handle, unsubscribe: () => release(handle) };
};

/** The same with an acquire that takes time; the release is only started, since nobody can wait for it. */
export interface HeldLater extends Unsubscribable {
  readonly open: () => Promise<Handle>;
}

export const holdLater = (): HeldLater => {
  let handle: Handle | undefined;
  return {
    open: async () => (handle = await acquireLater()),
    unsubscribe: () => {
      if (handle !== undefined) void releaseLater(handle);
    },
  };
};

/** Made once, so that no variant pays for it. */
export const observer: Observer<Handle> = {
  next: use,
  error: (error) => {
    throw error;
  },
  complete: () => undefined,
};

/** One scope per operation. */
export const oneScope = { opened: 1, used: 1, closed: 1 };
