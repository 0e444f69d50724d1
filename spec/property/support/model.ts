import type { Body, Delay, Entry, Leaf, Leaving, Res, Tree } from './tree.js';

/**
 * What the laws say about a tree of the sequential language, computed without RxJS and without the library: one thing
 * happens at a time, so that plain recursion can follow the clock.
 *
 * The consumer leaves at the very beginning of frame `leaveAt`, before anything else of that frame; at 0, after what
 * is synchronous. Errors are compared as texts of the form that `renderError` makes.
 */
export interface Course {
  /** `frame kind who detail`, in order. */
  readonly log: readonly string[];
  /** `frame who`, sorted: the signals that abort. */
  readonly aborts: readonly string[];
  /** Who has failed to enter and was replaced: what its signal does is nobody's business any more. */
  readonly deaf: readonly string[];
  /** What goes to `config.onUnhandledError`, sorted. */
  readonly unhandled: readonly string[];
  /** The frame in which all is over, or in which nothing happens any more until the consumer leaves. */
  readonly end: number;
  readonly endless: boolean;
}

export function follow(tree: Tree, leaveAt: number | null, stopAfter: number | null): Course {
  return new Model(leaveAt, stopAfter).run(tree);
}

/** An error, by identity. */
interface Fault {
  readonly label: string;
  readonly cause?: Fault;
  readonly pair?: { readonly error: Fault; readonly suppressed: Fault };
}

type Told =
  { readonly kind: 'complete' } | { readonly kind: 'unsubscribe' } | { readonly kind: 'error'; readonly error: Fault };

/** How something ended towards its consumer. `left`: the consumer had gone; then only failed releases are news. */
type End =
  | { readonly kind: 'complete' }
  | { readonly kind: 'error'; readonly error: Fault }
  | { readonly kind: 'left'; readonly news: Fault | null };

/** How entering ended. `nothing`: its failure was suppressed by something that is released already. */
type Entered = 'held' | 'nothing' | { readonly error: Fault } | { readonly left: Fault | null };

interface Frame {
  readonly path: string;
  readonly leaving: Leaving;
  readonly told: boolean;
  readonly suppresses: boolean;
  readonly generator: boolean;
}

/** A scope that is acquiring or has a running body: what aborts when it is left. */
interface Open {
  readonly signals: string[];
  listening: boolean;
}

/** Takes a value; answers whether it wants more. */
type Take = (value: string) => boolean;

const COMPLETE = { kind: 'complete' } as const;
const UNSUBSCRIBE = { kind: 'unsubscribe' } as const;

/** The tree never ends by itself. */
const ENDLESS: unique symbol = Symbol('endless');

class Model {
  private now = 0;
  private gone = false;
  private readonly log: string[] = [];
  private readonly aborts: string[] = [];
  private readonly deaf: string[] = [];
  private readonly unhandled: string[] = [];
  private readonly open: Open[] = [];

  constructor(
    private readonly leaveAt: number | null,
    private readonly stopAfter: number | null,
  ) {}

  run(tree: Tree): Course {
    const endless = this.proceed(tree);
    return {
      log: this.log,
      aborts: this.aborts.sort(),
      deaf: this.deaf,
      unhandled: this.unhandled.sort(),
      end: this.now,
      endless,
    };
  }

  private proceed(tree: Tree): boolean {
    let taken = 0;
    try {
      const end = this.tree(tree, '0', (value) => {
        this.tell('next', value);
        if (++taken !== this.stopAfter) return true;
        this.leave();
        return false;
      });
      if (end.kind === 'error') this.tell('error', '0', render(end.error));
      else if (end.kind === 'complete') this.tell('complete');
      else if (end.news !== null) this.unhandled.push(render(end.news));
      return false;
    } catch (error) {
      if (error !== ENDLESS) throw error;
      return true;
    }
  }

  private tree(tree: Tree, path: string, take: Take): End {
    switch (tree.kind) {
      case 'body':
        return this.body(tree, path, take);
      case 'using':
        return this.scope(tree.resource, path, () => this.tree(tree.body, `${path}b`, take));
      case 'throws':
        return this.scope(tree.resource, path, () => {
          const error = { label: `project:${path}` };
          this.tell('raised', path, render(error));
          return { kind: 'error', error };
        });
      case 'direct':
        return this.scope(tree.resource, path, () =>
          take(`${path}r`) ? this.forever() : { kind: 'left', news: null },
        );
      case 'concat':
        for (let index = 0; index < tree.parts.length; index++) {
          const end = this.tree(tree.parts[index] as Tree, `${path}${String(index)}`, take);
          if (end.kind !== 'complete') return end;
        }
        return COMPLETE;
      case 'catch': {
        const end = this.tree(tree.source, `${path}s`, take);
        if (end.kind !== 'error') return end;
        this.tell('caught', path, render(end.error));
        return this.tree(tree.handler, `${path}h`, take);
      }
      case 'wait':
        return this.tree(tree.source, `${path}w`, take);
      case 'take':
        return this.take(tree.source, tree.count, `${path}t`, take);
      case 'cut':
      case 'merge':
      case 'switch':
        throw new Error(`${tree.kind} is not sequential`);
    }
  }

  /** `take(count), awaitRelease()`: leaves its source and waits for the releases, which may fail. */
  private take(source: Tree, count: number, path: string, take: Take): End {
    const depth = this.open.length;
    let taken = 0;
    let stopped = false;
    const end = this.tree(source, path, (value) => {
      taken++;
      if (!take(value)) return false;
      stopped = taken === count;
      if (stopped) this.abort(depth);
      return !stopped;
    });
    const isOwn = stopped as boolean; // set in the callback
    if (end.kind !== 'left' || !isOwn || this.gone) return end;
    return end.news === null ? COMPLETE : { kind: 'error', error: end.news };
  }

  private body({ values, marbles, end }: Body, path: string, take: Take): End {
    for (let index = 0; index < values; index++) if (!take(path)) return { kind: 'left', news: null };
    if (marbles !== null) {
      const start = this.now;
      for (let index = 0; index <= marbles.length; index++) {
        if (marbles[index] === '-') continue;
        if (this.wait((start + index - this.now) as Delay, true)) return { kind: 'left', news: null };
        if (marbles[index] === 'a' && !take(path)) return { kind: 'left', news: null };
      }
    }
    if (end === 'never') return this.forever();
    if (end === 'complete') return COMPLETE;
    const error = { label: `body:${path}` };
    this.tell('raised', path, render(error));
    return { kind: 'error', error };
  }

  private forever(): End {
    if (this.leaveAt === null || this.gone) throw ENDLESS;
    this.wait((this.leaveAt - this.now) as Delay, true);
    return { kind: 'left', news: null };
  }

  private scope(res: Res, path: string, body: () => End): End {
    const open: Open = { signals: [], listening: true };
    const frames: Frame[] = [];
    this.open.push(open);
    const entered = this.enter(res, `${path}r`, frames, open);
    const end = entered === 'held' ? body() : ended(entered);
    open.listening = false;
    const exit: Told = end.kind === 'left' ? UNSUBSCRIBE : end;
    const news = end.kind === 'left' ? end.news : null;
    const outcome = this.unwind(frames, news === null ? exit : { kind: 'error', error: news }, exit);
    this.open.pop();
    if (exit.kind !== 'unsubscribe' && !this.gone) return outcome as End;
    return { kind: 'left', news: newsOf(outcome, exit) };
  }

  private enter(res: Res, path: string, frames: Frame[], open: Open): Entered {
    switch (res.kind) {
      case 'leaf':
        return this.acquire(res, path, frames, open);
      case 'chain':
      case 'all':
        for (let index = 0; index < res.parts.length; index++) {
          const entered = this.enter(res.parts[index] as Res, `${path}${String(index)}`, frames, open);
          if (entered !== 'held') return entered;
        }
        return 'held';
      case 'scoped':
        return this.build(res, path, frames);
      case 'orElse':
        return this.orElse(res, path, frames, open);
      case 'concurrent':
      case 'together':
      case 'stacked':
        throw new Error(`${res.kind} is not sequential`);
    }
  }

  private acquire(leaf: Leaf, path: string, frames: Frame[], open: Open): Entered {
    const generator = leaf.form === 'generator';
    const delay = generator ? 'sync' : leaf.acquire;
    this.tell('acquire', path);
    if (!generator && leaf.entering !== 'plain') open.signals.push(path);
    if (this.wait(delay, leaf.entering !== 'plain')) {
      this.tell(leaf.entering === 'abortable' ? 'aborted' : 'dropped', path);
      return { left: null };
    }
    if (leaf.refuses) {
      const error = { label: `acquire:${path}` };
      this.tell('refused', path, render(error));
      return this.refused(error);
    }
    this.tell('acquired', path);
    const suppresses = leaf.suppresses && leaf.form !== 'release';
    frames.push({ path, leaving: leaf.leaving, told: true, suppresses, generator });
    return this.gone ? { left: null } : 'held';
  }

  /** Law 13: once the consumer has left, a failure to enter is reported, and is nobody's exit. */
  private refused(error: Fault): Entered {
    if (!this.gone) return { error };
    this.unhandled.push(render(error));
    return { left: null };
  }

  private build(res: Extract<Res, { kind: 'scoped' }>, path: string, frames: Frame[]): Entered {
    const entries = res.entries.map((entry, index) => frameOf(entry, `${path}${String(index)}`));
    for (const entry of entries) this.tell('acquired', entry.path);
    this.wait(res.delay, false);
    if (!res.fails) {
      frames.push(...entries);
      return this.gone ? { left: null } : 'held';
    }
    const exit = { kind: 'error', error: { label: `build:${path}` } } as const;
    this.tell('raised', path, render(exit.error));
    const outcome = this.unwind(entries, exit, null);
    if (outcome.kind !== 'error') return this.gone ? { left: null } : 'nothing';
    return this.refused(outcome.error);
  }

  private orElse(res: Extract<Res, { kind: 'orElse' }>, path: string, frames: Frame[], open: Open): Entered {
    const entered = this.part(res.source, `${path}0`, frames, open);
    if (entered === 'held' || entered === 'nothing' || 'left' in entered) return entered;
    this.tell('caught', path, render(entered.error));
    return this.part(res.fallback, `${path}1`, frames, open);
  }

  /** A part unwinds by itself where entering it fails; once held, its frames are those of the scope. */
  private part(res: Res, path: string, frames: Frame[], open: Open): Entered {
    const inner: Frame[] = [];
    const before = open.signals.length;
    const entered = this.enter(res, path, inner, open);
    if (entered === 'held' || (entered !== 'nothing' && 'left' in entered)) {
      frames.push(...inner);
      return entered;
    }
    this.deaf.push(...open.signals.splice(before));
    const exit: Told = entered === 'nothing' ? COMPLETE : { kind: 'error', error: entered.error };
    const outcome = this.unwind(inner, exit, null);
    if (this.gone) return { left: newsOf(outcome, exit) };
    return outcome.kind === 'error' ? { error: outcome.error } : 'nothing';
  }

  /**
   * Releases, newest first, each told the outcome so far. `exit` is what the scope as a whole ended with; null while it
   * is still entering.
   */
  private unwind(frames: readonly Frame[], outcome: Told, exit: Told | null): Told {
    let so = outcome;
    for (const frame of [...frames].reverse()) {
      const fault = this.release(frame, so);
      if (fault !== null) so = { kind: 'error', error: join(fault, so) };
      else if (frame.suppresses && so.kind === 'error') {
        so = (exit === null ? this.gone : exit.kind === 'unsubscribe') ? UNSUBSCRIBE : COMPLETE;
      }
    }
    return so;
  }

  /** Answers what it failed with, or null. */
  private release({ path, leaving: { delay, fails }, told, generator }: Frame, outcome: Told): Fault | null {
    this.tell('release', path, told ? renderTold(outcome) : undefined);
    this.wait(generator ? 'sync' : delay, false);
    const error = told && outcome.kind === 'error' ? outcome.error : null;
    if (fails === 'no' || (fails === 'rethrow' && error === null)) {
      this.tell('released', path);
      return null;
    }
    const own: Fault = { label: `release:${path}` };
    const fault = fails === 'own' || error === null ? own : fails === 'rethrow' ? error : { ...own, cause: error };
    this.tell('failed', path, render(fault));
    return fault;
  }

  /** Lets time pass. Answers whether it was cut short because the consumer left, which only some waiting is. */
  private wait(delay: Delay, interruptible: boolean): boolean {
    if (delay === 'sync') return false;
    const due = this.now + delay;
    if (!this.gone && this.leaveAt !== null && due >= this.leaveAt) {
      this.now = Math.max(this.now, this.leaveAt);
      this.leave();
      if (interruptible) return true;
    }
    this.now = due;
    return false;
  }

  private leave(): void {
    this.gone = true;
    this.tell('unsubscribe', '0');
    this.abort(0);
  }

  private abort(depth: number): void {
    for (const open of this.open.slice(depth)) {
      if (!open.listening) continue;
      open.listening = false;
      for (const path of open.signals) this.aborts.push(`${String(this.now)} ${path}`);
    }
  }

  private tell(kind: string, who = '0', detail?: string): void {
    this.log.push([String(this.now), kind, who, ...(detail === undefined ? [] : [detail])].join(' '));
  }
}

function ended(entered: Exclude<Entered, 'held'>): End {
  if (entered === 'nothing') return COMPLETE;
  return 'error' in entered ? { kind: 'error', error: entered.error } : { kind: 'left', news: entered.left };
}

/** Law 14: the error that had no chance to be told is dropped, what a release made of it is not. */
function newsOf(outcome: Told, exit: Told): Fault | null {
  if (outcome.kind !== 'error') return null;
  return exit.kind === 'error' && exit.error === outcome.error ? null : outcome.error;
}

function frameOf({ form, suppresses, leaving }: Entry, path: string): Frame {
  const told = form === 'push';
  return { path, leaving, told, suppresses: suppresses && told, generator: false };
}

/** Laws 9 and 10. */
function join(newer: Fault, outcome: Told): Fault {
  if (outcome.kind !== 'error' || carries(newer, outcome.error)) return newer;
  return { label: 'S', pair: { error: newer, suppressed: outcome.error } };
}

function carries(fault: Fault, original: Fault): boolean {
  return fault === original || (fault.cause !== undefined && carries(fault.cause, original));
}

function render({ label, cause, pair }: Fault): string {
  if (pair !== undefined) return `S(${render(pair.error)}, ${render(pair.suppressed)})`;
  return cause === undefined ? label : `${label}(${render(cause)})`;
}

function renderTold(told: Told): string {
  return told.kind === 'error' ? `error ${render(told.error)}` : told.kind;
}
