import { rmSync } from 'node:fs';

/** What is removed when the process exits, and whether with all that is in it. */
const paths = /* @__PURE__ */ new Map<string, boolean>();

/**
 * Removes a path, synchronously, should the process exit before this is taken back; answers the undo. One listener for all
 * paths, which is there only as long as there are any. No signal is listened to: a process that a signal ends does not
 * tell.
 */
export function sweepAtExit(path: string, recursive: boolean): () => void {
  if (paths.size === 0) process.on('exit', sweep);
  paths.set(path, recursive);
  return () => {
    paths.delete(path);
    if (paths.size === 0) process.off('exit', sweep);
  };
}

function sweep(): void {
  for (const [path, recursive] of paths) {
    try {
      rmSync(path, { recursive, force: true });
    } catch {
      // a last resort: nobody is left to be told
    }
  }
}
