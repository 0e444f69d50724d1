import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { root } from '../../../support/sources.js';

/** How a process has ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A TypeScript program as one file that Node runs as it is: a process of it starts in a fraction of what a loader takes. */
export class Program {
  private readonly processes: ProgramProcess[] = [];

  private constructor(
    private readonly directory: string,
    private readonly file: string,
  ) {}

  /** @param source path of the program, from the root of the project. */
  static async built(source: string): Promise<Program> {
    const directory = mkdtempSync(join(tmpdir(), 'rxscope-program-'));
    const outfile = join(directory, 'program.mjs');
    await build({
      entryPoints: [join(root, source)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    return new Program(directory, outfile);
  }

  start(...args: string[]): ProgramProcess {
    const process = new ProgramProcess(this.file, args);
    this.processes.push(process);
    return process;
  }

  /** Kills what a failing test has left running. */
  async killAll(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((process) => process.kill()));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A program for the tests of a suite. What a test has left running is killed after it. */
export function useProgram(source: string): Pick<Program, 'start'> {
  let program: Program;

  beforeAll(async () => {
    program = await Program.built(source);
  });

  afterEach(() => program.killAll());

  afterAll(() => {
    program.remove();
  });

  return { start: (...args) => program.start(...args) };
}

/** A run of a program, told by the lines it prints. */
export class ProgramProcess {
  readonly lines: string[] = [];
  /** What it wrote to standard error. */
  complaint = '';
  /** Once everything it wrote has been read. */
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private readonly awaited = new Map<string, () => void>();

  constructor(file: string, args: readonly string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    createInterface(child.stdout).on('line', (line) => {
      this.lines.push(line);
      for (const [text, resolve] of this.awaited) if (line.includes(text)) resolve();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint += text;
    });
    this.ended = once(child, 'close').then((args: unknown[]) => ({
      code: args[0] as number | null,
      signal: args[1] as NodeJS.Signals | null,
    }));
  }

  /** Resolves when a line with `text` is printed; rejects where the process ends without one. */
  async printed(text: string): Promise<void> {
    const isThere = (): boolean => this.lines.some((line) => line.includes(text));
    const seen = new Promise<void>((resolve) => {
      if (isThere()) resolve();
      else this.awaited.set(text, resolve);
    });
    const missed = this.ended.then(() => {
      if (!isThere()) throw new Error(`"${text}" was not printed:\n${this.lines.join('\n')}\n${this.complaint}`);
    });
    await Promise.race([seen, missed]);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}
