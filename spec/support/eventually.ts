import { setTimeout as delay } from 'node:timers/promises';

/** Far more than anything takes here: only a test that fails waits so long. */
const patience = 10_000; // ms

/**
 * Waits until `condition` answers something truthy, and answers that; for what real servers and processes do in their own
 * time and nobody tells. Fails with `what` it has waited for.
 */
export async function eventually<T>(what: string, condition: () => T | Promise<T>): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`);
    await delay(2);
  }
}
