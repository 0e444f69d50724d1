import {
  catchError,
  concat,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  merge,
  NEVER,
  Observable,
  of,
  switchMap,
  take,
  tap,
  type ObservableInput,
} from 'rxjs';

import {
  andThen,
  awaitRelease,
  combine,
  fromValue,
  orElse,
  resource,
  scoped,
  using,
  type AcquireContext,
  type Awaitable,
  type Exit,
  type ExitStack,
  type Resource,
} from '../../../lib/index.js';
import { Failure } from './failure.js';
import type { Recorder } from './recorder.js';
import type { Body, Delay, Entry, Leaf, Leaving, Res, Tree } from './tree.js';

/** The time that trees live in: virtual frames, or promises that a scheduler resolves in an order of its own. */
export interface World {
  /** Emits or resolves after so many frames. */
  pause(frames: number, what: string): Observable<unknown> | Promise<unknown>;
  /** A value for each `a`, then the end. */
  marbles(marbles: string): Observable<unknown>;
}

/** Where a leaf stands among those it is composed with, outermost first. */
export interface Position {
  readonly composer: string;
  readonly kind: Res['kind'];
  readonly index: number;
}

/** A leaf or entry, and the scope it belongs to. Each is entered once at most: paths are unique. */
export interface Member {
  readonly scope: string;
  readonly position: readonly Position[];
  /** Whether it turns an error into a completion where its release does not fail. */
  readonly suppresses: boolean;
}

type Place = Omit<Member, 'suppresses'>;

/** Makes the observable of a tree, which tells the recorder everything. To be subscribed once. */
export class Builder {
  readonly members = new Map<string, Member>();

  constructor(
    private readonly world: World,
    private readonly recorder: Recorder,
    /** Whether to listen between scopes too. That puts operators there: without, scopes are nested in each other. */
    private readonly watching: boolean,
  ) {}

  tree(tree: Tree, path: string): Observable<unknown> {
    switch (tree.kind) {
      case 'body':
        return this.body(tree, path);
      case 'using':
        return this.scope(path, tree.resource, () => this.tree(tree.body, `${path}b`));
      case 'throws':
        return this.scope(path, tree.resource, () => {
          const failure = new Failure(`project:${path}`);
          this.recorder.addError('raised', path, failure);
          throw failure;
        });
      case 'direct':
        return this.resource(tree.resource, `${path}r`, { scope: path, position: [] }).pipe(map(() => `${path}r`));
      case 'concat':
        return concat(...this.trees(tree.parts, path));
      case 'merge':
        return merge(...this.trees(tree.parts, path));
      case 'catch':
        return this.tree(tree.source, `${path}s`).pipe(
          catchError((error: unknown) => {
            this.recorder.addError('caught', path, error);
            return this.tree(tree.handler, `${path}h`);
          }),
        );
      case 'wait':
        return this.tree(tree.source, `${path}w`).pipe(awaitRelease());
      case 'take':
        return this.tree(tree.source, `${path}t`).pipe(take(tree.count), awaitRelease());
      case 'cut':
        return this.tree(tree.source, `${path}c`).pipe(take(tree.count));
      case 'switch':
        return concat(...tree.gaps.map((gap, index) => this.tick(gap, path, index))).pipe(
          switchMap((index) => this.tree(tree.parts[index % tree.parts.length] as Tree, `${path}${String(index)}`)),
        );
    }
  }

  private tick(gap: Delay, path: string, index: number): Observable<number> {
    return defer(() => {
      const tick = this.after(gap, path, () => index);
      return typeof tick === 'number' ? of(tick) : tick;
    });
  }

  private trees(parts: readonly Tree[], path: string): Observable<unknown>[] {
    return parts.map((part, index) => this.tree(part, `${path}${String(index)}`));
  }

  private body({ values, marbles, end }: Body, path: string): Observable<unknown> {
    const failing = new Observable<never>((subscriber) => {
      const failure = new Failure(`body:${path}`);
      this.recorder.addError('raised', path, failure);
      subscriber.error(failure);
    });
    const ending = end === 'complete' ? EMPTY : end === 'never' ? NEVER : failing;
    const later = marbles === null ? EMPTY : this.world.marbles(marbles);
    return concat(of(...Array<string>(values).fill(path)), later.pipe(map(() => path)), ending);
  }

  private scope(path: string, res: Res, project: () => ObservableInput<unknown>): Observable<unknown> {
    const entered = this.resource(res, `${path}r`, { scope: path, position: [] });
    if (!this.watching) return using(entered, project);
    const { recorder } = this;
    return using(entered, () => {
      const body = project();
      recorder.add('begin', path);
      return from(body).pipe(
        tap({
          next: () => recorder.add('value', path),
          complete: () => recorder.add('ended', path, { kind: 'complete' }),
          error: (error: unknown) => recorder.add('ended', path, { kind: 'error', error }),
          finalize: () => recorder.add('gone', path),
        }),
      );
    }).pipe(
      tap({
        complete: () => recorder.add('over', path, { kind: 'complete' }),
        error: (error: unknown) => recorder.add('over', path, { kind: 'error', error }),
      }),
    );
  }

  private resource(res: Res, path: string, member: Place): Resource<unknown> {
    const part = (one: Res, index: number): Resource<unknown> =>
      this.resource(one, `${path}${String(index)}`, {
        ...member,
        position: [...member.position, { composer: path, kind: res.kind, index }],
      });
    switch (res.kind) {
      case 'leaf':
        this.members.set(path, { ...member, suppresses: res.suppresses && res.form !== 'release' });
        return this.leaf(res, path);
      case 'chain':
        return res.parts.reduce<Resource<unknown>>(
          (entered, one, index) => entered.pipe(andThen(() => part(one, index))),
          fromValue(path),
        );
      case 'all':
        return combine(res.parts.map(part));
      case 'concurrent':
        return combine(res.parts.map(part), { concurrent: true });
      case 'together':
        return combine(res.parts.map(part), { concurrent: res.concurrent, concurrentRelease: true });
      case 'scoped':
        return scoped((stack) => this.build(res, path, member, stack));
      case 'stacked':
        return scoped(async (stack) => {
          this.recorder.add('building', path);
          try {
            for (const [index, one] of res.parts.entries()) await stack.enter(part(one, index));
          } finally {
            this.recorder.add('built', path);
          }
          return path;
        });
      case 'orElse':
        return part(res.source, 0).pipe(
          orElse((error) => {
            this.recorder.addError('caught', path, error);
            return part(res.fallback, 1);
          }),
        );
    }
  }

  private leaf(leaf: Leaf, path: string): Resource<unknown> {
    const answer = leaf.suppresses ? true : undefined;
    if (leaf.form === 'generator') return this.generator(leaf, path);
    const { recorder } = this;
    const acquire = (context: AcquireContext): Awaitable<unknown> => {
      recorder.add('acquire', path);
      if (leaf.entering === 'plain') return this.after(leaf.acquire, path, () => this.acquired(leaf, path));
      const { signal } = context;
      signal.addEventListener('abort', () => recorder.add('abort', path));
      return leaf.entering === 'abortable'
        ? this.abortable(leaf.acquire, path, signal, () => this.acquired(leaf, path))
        : this.droppable(leaf.acquire, path, () => this.acquired(leaf, path));
    };
    const interruptible = leaf.entering === 'interruptible';
    return leaf.form === 'release'
      ? resource({
          name: path,
          acquire,
          interruptible,
          release: (_, exit) => this.leave(path, exit, leaf.leaving, true),
        })
      : resource({
          name: path,
          acquire,
          interruptible,
          exit: (_, exit) => this.leave(path, exit, leaf.leaving, answer),
        });
  }

  private generator(leaf: Leaf, path: string): Resource<unknown> {
    const { recorder, acquired, leave } = this;
    const self = { acquired: acquired.bind(this), leave: leave.bind(this) };
    return resource(
      function* () {
        recorder.add('acquire', path);
        self.acquired(leaf, path);
        let exit: Exit = { kind: 'complete' };
        try {
          yield path;
        } catch (error) {
          const left = error instanceof Error && error.name === 'UnsubscribedError';
          exit = left ? { kind: 'unsubscribe' } : { kind: 'error', error };
          void self.leave(path, exit, leaf.leaving, null); // at once: a generator's delay is `sync`
          if (!leaf.suppresses) throw error;
          return;
        }
        void self.leave(path, exit, leaf.leaving, null); // at once: a generator's delay is `sync`
      },
      { name: path },
    );
  }

  private acquired(leaf: Leaf, path: string): string {
    if (leaf.refuses) {
      const failure = new Failure(`acquire:${path}`);
      this.recorder.addError('refused', path, failure);
      throw failure;
    }
    this.recorder.add('acquired', path);
    return path;
  }

  /** The whole of a release, in all its forms. `exit` is null where none is told. */
  private leave<T>(path: string, exit: Exit | null, { delay, fails }: Leaving, answer: T): Awaitable<T> {
    this.recorder.add('release', path, exit);
    return this.after<T>(delay, path, () => {
      const told = exit?.kind === 'error' ? { cause: exit.error } : undefined;
      if (fails === 'no' || (fails === 'rethrow' && told === undefined)) {
        this.recorder.add('released', path);
        return answer;
      }
      const error =
        fails === 'rethrow' ? told?.cause : new Failure(`release:${path}`, fails === 'wrap' ? told : undefined);
      this.recorder.addError('failed', path, error);
      throw error;
    });
  }

  private build(
    res: Extract<Res, { kind: 'scoped' }>,
    path: string,
    member: Place,
    stack: ExitStack,
  ): Awaitable<unknown> {
    res.entries.forEach((entry, index) => {
      const position = [...member.position, { composer: path, kind: res.kind, index }];
      this.members.set(`${path}${String(index)}`, {
        scope: member.scope,
        position,
        suppresses: entry.suppresses && entry.form === 'push',
      });
      this.register(entry, `${path}${String(index)}`, stack);
    });
    this.recorder.add('building', path);
    return this.after(res.delay, path, () => {
      this.recorder.add('built', path);
      if (!res.fails) return path;
      const failure = new Failure(`build:${path}`);
      this.recorder.addError('raised', path, failure);
      throw failure;
    });
  }

  private register({ form, suppresses, leaving }: Entry, path: string, stack: ExitStack): void {
    this.recorder.add('acquired', path);
    const answer = suppresses ? true : undefined;
    if (form === 'push') stack.push((exit) => this.leave(path, exit, leaving, answer));
    else if (form === 'defer') stack.defer(() => this.leave(path, null, leaving, true));
    else stack.adopt(path, () => this.leave(path, null, leaving, true));
  }

  /** What `act` answers, now or after a pause: in the world's own kind of asynchrony. */
  private after<T>(delay: Delay, path: string, act: () => T): Awaitable<T> {
    if (delay === 'sync') return act();
    const pause = this.world.pause(delay, path);
    return pause instanceof Observable ? pause.pipe(map(act)) : pause.then(act);
  }

  /** An acquire that gives up, with the signal's reason, when it is told to. */
  private abortable<T>(delay: Delay, path: string, signal: AbortSignal, act: () => T): Awaitable<T> {
    let over = false;
    const settling = (): T => {
      over = true;
      return act();
    };
    if (delay === 'sync') return settling();
    const entering = this.after(delay, path, () => (over ? null : settling())) as Observable<T> | Promise<T>;
    const onAbort = (reject: (reason: unknown) => void): void =>
      signal.addEventListener('abort', () => {
        if (over) return;
        over = true;
        this.recorder.add('aborted', path);
        reject(signal.reason);
      });
    if (!(entering instanceof Observable)) {
      return new Promise<T>((resolve, reject) => {
        onAbort(reject);
        entering.then(resolve, reject);
      });
    }
    return new Observable<T>((subscriber) => {
      onAbort((reason) => subscriber.error(reason));
      return entering.subscribe(subscriber);
    });
  }

  /** An acquire that can be unsubscribed; a promise cannot. */
  private droppable<T>(delay: Delay, path: string, act: () => T): Awaitable<T> {
    let over = false;
    const entering = this.after(delay, path, () => {
      over = true;
      return act();
    });
    if (!(entering instanceof Observable)) return entering;
    return entering.pipe(
      finalize(() => {
        if (!over) this.recorder.add('dropped', path);
      }),
    );
  }
}
