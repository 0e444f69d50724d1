import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a program in a process group of its own.
 *
 * Ctrl-C in a terminal signals the whole foreground group. What has to outlive it, until this process has rolled back
 * and closed what uses it, must not be in that group.
 */
export function spawnApart(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(program, args, { ...options, detached: true });
}

/** Resolves when the program has ended well; rejects with what it wrote to stderr where it has not. */
export async function finished(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${String(code ?? signal)}: ${complaint.trim()}`);
}

/** Asks a program to end, and waits until it has. */
export async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
