/** Lets the reactions of promises that are settled already run, and theirs in turn, but no timer and no macrotask. */
export async function microtasks(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
