/** Calls `callback` when `signal` aborts, and answers the way to take that back. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return nothing;
  signal.addEventListener('abort', callback, { once: true });
  return () => {
    signal.removeEventListener('abort', callback);
  };
}

function nothing(): void {
  // no signal, no listener
}
