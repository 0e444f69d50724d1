import type { PathLike } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SchedulerLike } from 'rxjs';

import type { ExitStack, NamedOptions } from '../../core/index.js';
import { sweepAtExit } from './exit-sweep.js';
import { pathOf } from './file-path.js';
import { removePath } from './remove-path.js';
import { checkNamePart, uniqueName } from './unique-name.js';

/** Options of {@link tempFile} and {@link tempDir}. */
export interface TempOptions extends NamedOptions {
  /** The directory it is made in, which has to be there. Default: the one of the system (`os.tmpdir()`). */
  readonly directory?: string | URL;
  /** What its name begins with. Default `'rxscope-'`. */
  readonly prefix?: string;
  /** What its name ends with, such as `'.csv'`. Default: nothing. */
  readonly suffix?: string;
  /** Whether it stays, to be looked at, where the scope ends with an error. Default `false`. */
  readonly keepOnError?: boolean;
  /**
   * Whether it is removed, synchronously, where the process exits while it is held: by `process.exit()`, or by an exception
   * that nobody catches. Default `false`. A signal that ends the process is not noticed.
   */
  readonly removeAtProcessExit?: boolean;
  /** For the pauses between tries to remove it, and for the timer of `releaseTimeout`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

/** Where something temporary is made, and how it is removed. */
export interface TempPlace {
  /** A path that nobody can foresee. Without links, which could lead elsewhere by the time it is removed. */
  newPath(): Promise<string>;
  /** Has the path removed with the stack. To be called as soon as there is something there. */
  removeWith(stack: ExitStack, path: string): void;
}

/** Reads the options; refuses bad ones. `recursive`: for a directory. */
export function tempPlace(options: TempOptions, recursive: boolean): TempPlace {
  const { prefix = 'rxscope-', suffix = '', keepOnError = false, removeAtProcessExit = false, scheduler } = options;
  const directory = options.directory === undefined ? null : pathOf(options.directory satisfies PathLike);
  checkNamePart(prefix, 'prefix');
  checkNamePart(suffix, 'suffix');
  return {
    newPath: async () => join(await realpath(directory ?? tmpdir(), 'utf8'), uniqueName(prefix, suffix)),
    removeWith: (stack, path) => {
      if (removeAtProcessExit) stack.defer(sweepAtExit(path, recursive)); // taken back when it has been removed
      stack.push((exit) =>
        keepOnError && exit.kind === 'error' ? undefined : removePath(path, { recursive, scheduler }),
      );
    },
  };
}
