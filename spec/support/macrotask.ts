// Tests may install fake timers; what waits for real ones must not depend on them.
const { setTimeout: startTimer } = globalThis;

/** Lets one macrotask pass, in which RxJS reports what nobody handled. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => startTimer(resolve, 1));
}
