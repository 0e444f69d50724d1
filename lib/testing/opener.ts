const DEPTH = 50;
const FRAME = /(?:\(|at (?:async )?)([^()]+):\d+:\d+\)?$/;

/** Where the running code was called from: the frames of a stack without those of RxJS and of this package. */
export function findOpener(): string | null {
  const host = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = host;
  host.stackTraceLimit = DEPTH; // the frames of operators alone are often more than the usual ten
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  if (stackTraceLimit !== undefined) host.stackTraceLimit = stackTraceLimit;
  return withoutLibraries(frames);
}

/** `frames` begins in this file. In a bundle that tells nothing about the package, so then all frames stay. */
export function withoutLibraries(frames: readonly string[]): string | null {
  const [own = ''] = FRAME.exec(frames[0] ?? '')?.[1]?.split(/[\\/]testing[\\/]/) ?? [];
  const foreign = frames.filter((frame) => {
    const file = FRAME.exec(frame)?.[1];
    return file === undefined || (!/[\\/]node_modules[\\/]rxjs[\\/]/.test(file) && !isBelow(own, file));
  });
  const shown = withoutRunner(foreign.length > 0 ? foreign : frames).map((frame) => frame.trim());
  return shown.length > 0 ? shown.join('\n') : null;
}

/** Below the last frame of the application is what has called it: a test runner, mostly. */
function withoutRunner(frames: readonly string[]): readonly string[] {
  const last = frames.map(isOwn).lastIndexOf(true);
  return last < 0 ? frames : frames.slice(0, last + 1);
}

function isOwn(frame: string): boolean {
  const file = FRAME.exec(frame)?.[1];
  return file !== undefined && !/[\\/]node_modules[\\/]|^node:/.test(file);
}

function isBelow(folder: string, file: string): boolean {
  return file.startsWith(folder) && /^[\\/]/.test(file.slice(folder.length));
}
