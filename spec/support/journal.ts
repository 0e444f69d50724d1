import { isObservable, tap, type Observable, type Observer } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { resource, type Exit, type Resource, type ResourceOptions } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { nextMacrotask } from './macrotask.js';

/** What a resource of a journal does besides being written down. */
export interface Part extends Partial<Omit<ResourceOptions<unknown>, 'acquire' | 'release' | 'exit' | 'name'>> {
  readonly acquire?: ResourceOptions<unknown>['acquire'];
  readonly release?: (exit: Exit) => unknown;
  /** Instead of `release`. */
  readonly exit?: (exit: Exit) => unknown;
}

/** A fake with a memory: resources, bodies and consumers that write down what happens to them, in order. */
export class Journal {
  readonly lines: string[] = [];

  constructor(private readonly now?: () => number) {}

  note(line: string): void {
    this.lines.push(this.now === undefined ? line : `${String(this.now())} ${line}`);
  }

  /** What was written since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  /**
   * A resource whose handle is its name, if `acquire` does not say otherwise. Writes `+a` when the acquire starts, `-a`
   * and the exit when the release starts; with a promise or an observable also `+a ok`, `-a ok` when it has answered.
   */
  resource(name: string, part: Part = {}): Resource<string> {
    const { acquire = () => name, release = () => undefined, exit, ...options } = part;
    const leave = (told: Exit): unknown => {
      this.note(`-${name} ${describeExit(told)}`);
      return this.watch((exit ?? release)(told), `-${name} ok`);
    };
    return resource<unknown>({
      name,
      ...options,
      acquire: (context) => {
        this.note(`+${name}`);
        return this.watch(acquire(context), `+${name} ok`, 'next');
      },
      ...(exit === undefined
        ? { release: (_, told) => leave(told) }
        : { exit: (_, told) => leave(told) as boolean | Promise<boolean> }),
    }) as Resource<string>;
  }

  /** Writes the notifications of a consumer. */
  observer(prefix = ''): Observer<unknown> {
    return {
      next: (value) => {
        this.note(`${prefix}next ${String(value)}`);
      },
      error: (error) => {
        this.note(`${prefix}error ${describeError(error)}`);
      },
      complete: () => {
        this.note(`${prefix}complete`);
      },
    };
  }

  private watch(answer: unknown, line: string, when: 'next' | 'complete' = 'complete'): unknown {
    const answered = (): void => {
      this.note(line);
    };
    if (isObservable(answer)) return answer.pipe(tap({ [when]: answered, error: answered }));
    return answer instanceof Promise ? answer.finally(answered) : answer;
  }
}

/** `complete`, `unsubscribe`, or `error` and what it was. */
export function describeExit(exit: Exit): string {
  return exit.kind === 'error' ? `error ${describeError(exit.error)}` : exit.kind;
}

/** A SuppressedError as `S(newer, older)`, other errors by name or message, anything else as it prints. */
export function describeError(error: unknown): string {
  if (!(typeof error === 'object' && error !== null)) return String(error);
  const { name, message, error: newer, suppressed } = error as Record<string, unknown>;
  if (name === 'SuppressedError') return `S(${describeError(newer)}, ${describeError(suppressed)})`;
  return name === 'Error' ? String(message) : String(name);
}

/** Runs `test` in virtual time, with a journal that puts the frame before each line. Every timer of RxJS is virtual. */
export function inVirtualTime(
  test: (journal: Journal, helpers: RunHelpers, scheduler: TestScheduler) => void,
): Journal {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  const journal = new Journal(() => scheduler.now());
  scheduler.run((helpers) => {
    test(journal, helpers, scheduler);
  });
  return journal;
}

/** A promise settled by hand. */
export class Gate<T = void> {
  open!: (value: T) => void;
  fail!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.open = resolve;
    this.fail = reject;
  });
}

/** What `subscribe` synchronously makes of a source. */
export function notificationsOf(source: Observable<unknown>): string[] {
  const journal = new Journal();
  source.subscribe(journal.observer());
  return journal.lines;
}

/** What was reported as unhandled, in short. RxJS reports in a macrotask of its own, after the one it happens in. */
export async function reported(): Promise<string[]> {
  await nextMacrotask();
  return (await takeUnhandledErrors()).map(describeError);
}
