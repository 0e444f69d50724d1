import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../support/sources.js';

/** The demo in a process, a process group and a temporary directory of its own. */
export class DemoProcess {
  readonly lines: string[] = [];
  /** What it wrote to stderr. */
  complaint = '';
  /** The exit code, once it has ended and everything it wrote has been read. */
  readonly ended: Promise<number | null>;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rxscope-spec-'));
  private readonly child;
  private readonly awaited = new Map<string, () => void>();

  constructor(...args: string[]) {
    chmodSync(this.directory, 0o755); // PostgreSQL may run under another account
    const environment: NodeJS.ProcessEnv = { ...process.env, TMPDIR: this.directory };
    delete environment['DATABASE_URL'];
    delete environment['PGHOST'];
    this.child = spawn(process.execPath, ['--import', 'tsx', join('examples', 'demo', 'main.ts'), ...args], {
      cwd: root,
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface(this.child.stdout).on('line', (line) => {
      this.lines.push(line);
      for (const [text, resolve] of this.awaited) if (line.includes(text)) resolve();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint += text;
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves when a line with `text` is printed; rejects where the demo ends without one. */
  async printed(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      if (this.lines.some((line) => line.includes(text))) resolve();
      else this.awaited.set(text, resolve);
    });
    const missed = this.ended.then(() => {
      if (!this.lines.some((line) => line.includes(text))) throw new Error(`"${text}" was not printed`);
    });
    await Promise.race([seen, missed]);
  }

  /** Signals the whole group, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }

  /** Ends the database server as a crash would. */
  crashServer(): void {
    const data = this.directories().find((name) => name.startsWith('rxscope-postgres-')) ?? '';
    const [pid] = readFileSync(join(this.directory, data, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGQUIT');
  }

  /** The line that begins with `text`, and its place among all lines. */
  find(text: string): { readonly line: string; readonly index: number } {
    const index = this.lines.findIndex((line) => line.startsWith(text));
    if (index < 0) throw new Error(`No line begins with "${text}":\n${this.lines.join('\n')}`);
    return { line: this.lines[index] ?? '', index };
  }

  /** The names of what was announced as `opened` or `closed`, in this order, without the transactions. */
  announced(what: 'opened' | 'closed'): string[] {
    const pattern = new RegExp(`^${what} (?!transaction)(.+?) in `);
    return this.lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  }

  /** Rows in the database and rows of the committed pages, as the demo counted them. */
  balance(): { readonly stored: number; readonly committed: number; readonly verdict: string } {
    const { line } = this.find('rows in the database:');
    const [, stored = '', committed = '', verdict = ''] = /: ([\d,]+), .*: ([\d,]+): (.+)$/.exec(line) ?? [];
    return { stored: toNumber(stored), committed: toNumber(committed), verdict };
  }

  /** Directories and servers that are still there. */
  leftovers(): string[] {
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
    return [...this.directories(), ...processes.filter((command) => command.includes(this.directory))];
  }

  /** Those that the demo has made: of PostgreSQL's data, and of what is exported. */
  private directories(): string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('rxscope-'));
  }

  /** Ends what a failing test left running, and removes the temporary directory. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal('SIGTERM');
    await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function toNumber(text: string): number {
  return Number(text.replaceAll(',', ''));
}
