import { openResources, settled } from '../../lib/index.js';

type Open = ReturnType<typeof openResources>[number];

// Tests may install fake timers; the check itself must not depend on them.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Lets one macrotask pass, in which RxJS reports what nobody handled. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => startTimer(resolve, 1));
}

/** Waits for background releases, though not for ever: a release that hangs is a finding, not a hanging test run. */
export async function settledWithin(milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof startTimer> | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = startTimer(() => {
      resolve(false);
    }, milliseconds);
  });
  try {
    return await Promise.race([settled().then(() => true), limit]);
  } finally {
    stopTimer(timer);
  }
}

/**
 * Finds what is open and was not open when it was last asked: each leak is charged to one test only, the one that made
 * it, and the tests after it in the same file stay readable.
 */
export function createLeakCheck(list: () => readonly Open[] = openResources): () => readonly Open[] {
  let known: readonly string[] = [];
  return () => {
    const open = list();
    const charged = [...known];
    known = open.map(identify);
    return open.filter((resource) => {
      const index = charged.indexOf(identify(resource));
      if (index >= 0) charged.splice(index, 1);
      return index < 0;
    });
  };
}

export function describeOpen({ name, state }: Pick<Open, 'name' | 'state'>): string {
  return `${name} (${state})`;
}

// The list holds descriptions, not handles: name and start are all there is to recognise a resource by.
function identify({ name, since }: Open): string {
  return `${name} ${String(since)}`;
}
