/** Whether an error only says that `signal` has aborted: its reason, what that caused, or the platform's own error for it. */
export function saysAborted(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  const seen = new Set<unknown>();
  for (let one = error; one instanceof Object && !seen.has(one); one = (one as { cause?: unknown }).cause) {
    if (one === signal.reason || (one as { name?: unknown }).name === 'AbortError') return true;
    seen.add(one);
  }
  return false;
}
