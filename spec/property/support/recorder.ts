import type { Exit } from '../../../lib/index.js';
import { renderError, renderExit } from './failure.js';

/**
 * What happened.
 *
 * - `acquire`, then `acquired`, `refused` (with its failure), `aborted` (by its signal) or `dropped` (interrupted)
 * - `building`, `built`: code that fills a stack runs
 * - `release`, then `released` or `failed`
 * - `raised`: a body, a `project` or a `build` failed
 * - `begin`, `value`, `ended` (by itself, with its exit), `gone` (torn down): the body of a scope that is watched
 * - `over`: what the scope told its consumer
 * - `caught`: a `catchError` or an `orElse` took an error
 * - `abort`: a signal aborted
 * - `next`, `complete`, `error`, `unsubscribe`: the outermost consumer
 */
export type Kind =
  | 'acquire'
  | 'acquired'
  | 'refused'
  | 'aborted'
  | 'dropped'
  | 'building'
  | 'built'
  | 'release'
  | 'released'
  | 'failed'
  | 'raised'
  | 'begin'
  | 'value'
  | 'ended'
  | 'gone'
  | 'over'
  | 'caught'
  | 'abort'
  | 'next'
  | 'complete'
  | 'error'
  | 'unsubscribe';

export interface Happening {
  readonly at: number;
  readonly kind: Kind;
  /** The path of what it happened to. */
  readonly who: string;
  /** What was told, where something was. */
  readonly exit: Exit | null;
  /** What it failed with, where it did. */
  readonly error?: unknown;
}

export class Recorder {
  readonly happenings: Happening[] = [];

  constructor(private readonly now: () => number) {}

  add(kind: Kind, who: string, exit: Exit | null = null): void {
    this.happenings.push({ at: this.now(), kind, who, exit });
  }

  addError(kind: Kind, who: string, error: unknown): void {
    this.happenings.push({ at: this.now(), kind, who, exit: null, error });
  }
}

export function renderHappening(one: Happening): string {
  const error = 'error' in one ? renderError(one.error) : '';
  return [String(one.at), one.kind, one.who, renderExit(one.exit), error].filter((part) => part !== '').join(' ');
}
