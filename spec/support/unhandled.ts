import { config } from 'rxjs';

let unhandled: unknown[] = [];

/**
 * The errors that RxJS could deliver to nobody since the test began or since the last call.
 *
 * A test that expects such errors takes them; what it leaves behind makes it fail. RxJS reports them in a macrotask of
 * its own, so let one pass before looking.
 */
export function takeUnhandledErrors(): unknown[] {
  const taken = unhandled;
  unhandled = [];
  return taken;
}

/** Collects from now on. Called for each test by the setup file; returns the undo. */
export function collectUnhandledErrors(): () => void {
  const previous = config.onUnhandledError;
  unhandled = [];
  config.onUnhandledError = (error) => {
    unhandled.push(error);
  };
  return () => {
    config.onUnhandledError = previous;
  };
}
