import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitForLine } from '../../../../examples/services/wait-for-line.js';
import { root } from '../../../support/sources.js';

/** Another process that holds a lock until it is killed. */
export class HolderProcess {
  /** Resolves when it holds the lock. */
  readonly holds: Promise<void>;
  readonly ended: Promise<unknown>;
  private readonly child;

  constructor(url: string, key: string, ttl: number) {
    const file = join(root, 'spec', 'adapters', 'redis', 'support', 'holder.ts');
    this.child = spawn(process.execPath, ['--import', 'tsx', file, url, key, String(ttl)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.holds = waitForLine(this.child, 'held');
    this.ended = once(this.child, 'close');
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
