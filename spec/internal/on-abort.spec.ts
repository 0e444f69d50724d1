import { onAbort } from '../../lib/internal/on-abort.js';

/** Counts the listeners that are on it. */
class CountingController extends AbortController {
  listeners = 0;

  constructor() {
    super();
    const { signal } = this;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (type: string, listener: never) => {
      this.listeners++;
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: never) => {
      this.listeners--;
      remove(type, listener);
    };
  }
}

describe('onAbort', () => {
  it('calls back when the signal aborts, once', () => {
    let calls = 0;
    const controller = new AbortController();
    onAbort(controller.signal, () => calls++);
    expect(calls).toBe(0);
    controller.abort();
    controller.abort();
    expect(calls).toBe(1);
  });

  it('answers the way to take it back, which leaves no listener', () => {
    let calls = 0;
    const controller = new CountingController();
    const forget = onAbort(controller.signal, () => calls++);
    expect(controller.listeners).toBe(1);
    forget();
    expect(controller.listeners).toBe(0);
    controller.abort();
    expect(calls).toBe(0);
  });

  it('does nothing without a signal', () => {
    let calls = 0;
    const forget = onAbort(undefined, () => calls++);
    expect(forget).not.toThrow();
    expect(calls).toBe(0);
  });
});
