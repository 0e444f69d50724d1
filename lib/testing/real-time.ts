// The second door to time, beside internal/clock.ts: what is said about a test must not go by timers that it has faked.
const { setTimeout: startTimer } = globalThis;

/**
 * Resolves after so many milliseconds of real time.
 *
 * By two ways, because each of them may be faked: the timers when this module is loaded, where a whole project fakes them,
 * and the signal in jsdom, which makes it of the timers of its window.
 */
export function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    startTimer(resolve, milliseconds);
    AbortSignal.timeout(milliseconds).addEventListener('abort', () => resolve(), { once: true });
  });
}
