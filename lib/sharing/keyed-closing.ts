import { afterFailure, COMPLETE, type Exit } from '../core/engine/exit.js';

/** What {@link Keyed.close} has done. */
export interface KeyedReport {
  /** How many instances were there, and have been released. */
  readonly released: number;
  /** How many users were ended: those that waited, and with `force` all. */
  readonly ended: number;
}

/** A map on its way out: who waits for that, and what has failed meanwhile. */
export class KeyedClosing {
  ended = 0;
  /** Whether it is only being told to everybody: it is not over before that. */
  isTelling = false;
  private readonly waiting: ((outcome: Exit, closing: KeyedClosing) => void)[] = [];
  private readonly failures: { readonly generation: number; readonly error: unknown }[] = [];

  /** `released`: how many there are to be released. */
  constructor(private readonly released: number) {}

  wait(done: (outcome: Exit, closing: KeyedClosing) => void): void {
    this.waiting.push(done);
  }

  failed({ generation }: { readonly generation: number }, error: unknown): void {
    this.failures.push({ generation, error });
  }

  /** All have gone, if it has been told to all. The first who asked is told what has failed; the others have only waited. */
  finish(): void {
    if (this.isTelling) return;
    const outcome = this.outcome();
    for (const [index, done] of this.waiting.splice(0).entries()) done(index === 0 ? outcome : COMPLETE, this);
  }

  report(): KeyedReport {
    const { released, ended } = this;
    return Object.freeze({ released, ended });
  }

  /** The failures in the order in which the releases were started, the newest instance first (law 4). */
  private outcome(): Exit {
    const failures = this.failures.splice(0).sort((one, other) => other.generation - one.generation);
    return failures.reduce<Exit>((so, { error }) => afterFailure(so, error), COMPLETE);
  }
}
