import fc, { type Arbitrary } from 'fast-check';

/** Frames something takes; `sync` is within the call, 0 is later in the same frame. */
export type Delay = 'sync' | 0 | 1 | 2 | 3 | 4;

/** What a release does besides taking its time. */
export interface Leaving {
  readonly delay: Delay;
  /** `rethrow` throws the exit's error again, `wrap` one that has it as its cause. */
  readonly fails: 'no' | 'own' | 'rethrow' | 'wrap';
}

/** One acquisition. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly acquire: Delay;
  /** `abortable` fails with the signal's reason when that aborts, `interruptible` is the option of that name. */
  readonly entering: 'plain' | 'abortable' | 'interruptible';
  readonly refuses: boolean;
  /** A generator is synchronous here, both ways. A plain release answers `true`, which means nothing. */
  readonly form: 'release' | 'exit' | 'generator';
  readonly suppresses: boolean;
  readonly leaving: Leaving;
}

/** Something registered on the stack of a `scoped`. */
export interface Entry {
  readonly form: 'push' | 'defer' | 'adopt';
  readonly suppresses: boolean;
  readonly leaving: Leaving;
}

export type Res =
  | Leaf
  | { readonly kind: 'chain'; readonly parts: readonly Res[] }
  | { readonly kind: 'all'; readonly parts: readonly Res[] }
  | { readonly kind: 'concurrent'; readonly parts: readonly Res[] }
  | { readonly kind: 'together'; readonly parts: readonly Res[]; readonly concurrent: boolean }
  | { readonly kind: 'scoped'; readonly entries: readonly Entry[]; readonly delay: Delay; readonly fails: boolean }
  | { readonly kind: 'stacked'; readonly parts: readonly Res[] }
  | { readonly kind: 'orElse'; readonly source: Res; readonly fallback: Res };

/** Values at once, then what the marbles say; without marbles the end comes at once as well. */
export interface Body {
  readonly kind: 'body';
  readonly values: number;
  readonly marbles: string | null;
  readonly end: 'complete' | 'error' | 'never';
}

export type Tree =
  | Body
  | { readonly kind: 'using'; readonly resource: Res; readonly body: Tree }
  | { readonly kind: 'throws'; readonly resource: Res }
  | { readonly kind: 'direct'; readonly resource: Res }
  | { readonly kind: 'concat'; readonly parts: readonly Tree[] }
  | { readonly kind: 'catch'; readonly source: Tree; readonly handler: Tree }
  | { readonly kind: 'wait'; readonly source: Tree }
  | { readonly kind: 'take'; readonly count: number; readonly source: Tree }
  | { readonly kind: 'cut'; readonly count: number; readonly source: Tree }
  | { readonly kind: 'merge'; readonly parts: readonly Tree[] }
  | { readonly kind: 'switch'; readonly gaps: readonly Delay[]; readonly parts: readonly Tree[] };

/** Which words a language has beside the sequential ones. */
export interface Words {
  /** Things side by side: `merge`, `switchMap`, `take` that does not wait, parallel entering and releasing. */
  readonly parallel: boolean;
  /** What needs promises: a stack that resources are entered into. */
  readonly promises?: boolean;
}

const delay: Arbitrary<Delay> = fc.constantFrom<Delay>('sync', 0, 1, 2, 3, 4);

const leaving: Arbitrary<Leaving> = fc.record({
  delay,
  fails: fc.oneof(
    { arbitrary: fc.constant('no' as const), weight: 3 },
    { arbitrary: fc.constantFrom('own' as const, 'rethrow' as const, 'wrap' as const), weight: 2 },
  ),
});

const rarely: Arbitrary<boolean> = fc.oneof(
  { arbitrary: fc.constant(false), weight: 4 },
  { arbitrary: fc.constant(true), weight: 1 },
);

const leaf: Arbitrary<Leaf> = fc
  .record({
    kind: fc.constant('leaf' as const),
    acquire: delay,
    entering: fc.constantFrom<Leaf['entering'][]>('plain', 'plain', 'abortable', 'interruptible'),
    refuses: rarely,
    form: fc.constantFrom<Leaf['form'][]>('release', 'exit', 'generator'),
    suppresses: fc.boolean(),
    leaving,
  })
  .map((one): Leaf =>
    one.form === 'generator'
      ? { ...one, acquire: 'sync', entering: 'plain', leaving: { ...one.leaving, delay: 'sync' } }
      : one,
  );

const entry: Arbitrary<Entry> = fc.record({
  form: fc.constantFrom<Entry['form'][]>('push', 'defer', 'adopt'),
  suppresses: fc.boolean(),
  leaving,
});

const ending: Arbitrary<Body['end']> = fc.constantFrom<Body['end'][]>('complete', 'error', 'never');

const body: Arbitrary<Body> = fc
  .record({
    kind: fc.constant('body' as const),
    values: fc.nat(2),
    steps: fc.option(fc.array(fc.constantFrom('-', '-', 'a'), { maxLength: 5 }), { nil: null }),
    end: ending,
  })
  .map(({ kind, values, steps, end }): Body => ({
    kind,
    values,
    end,
    marbles: steps === null ? null : steps.join(''),
  }));

function resources({ parallel, promises = false }: Words): Arbitrary<Res> {
  return fc.letrec<{ res: Res }>((tie) => {
    const parts = fc.array(tie('res'), { minLength: 1, maxLength: 3 });
    const composed: Arbitrary<Res>[] = [
      fc.record({ kind: fc.constant('chain' as const), parts }),
      fc.record({ kind: fc.constant('all' as const), parts }),
      fc.record({
        kind: fc.constant('scoped' as const),
        entries: fc.array(entry, { maxLength: 3 }),
        delay,
        fails: rarely,
      }),
      fc.record({ kind: fc.constant('orElse' as const), source: tie('res'), fallback: tie('res') }),
      ...(parallel
        ? [
            fc.record({ kind: fc.constant('concurrent' as const), parts }),
            fc.record({ kind: fc.constant('together' as const), parts, concurrent: fc.boolean() }),
          ]
        : []),
      ...(promises ? [fc.record({ kind: fc.constant('stacked' as const), parts })] : []),
    ];
    return { res: fc.oneof({ maxDepth: 2, depthSize: 'small', withCrossShrink: true }, leaf, ...composed) };
  }).res;
}

/** Any tree of the language. */
export function trees(words: Words): Arbitrary<Tree> {
  const res = resources(words);
  return fc.letrec<{ tree: Tree }>((tie) => {
    const some: Arbitrary<Tree> = tie('tree');
    const parts = fc.array(some, { minLength: 1, maxLength: 3 });
    const count = fc.integer({ min: 1, max: 3 });
    const using = fc.record({ kind: fc.constant('using' as const), resource: res, body: some });
    const branches: Arbitrary<Tree>[] = [
      using,
      using,
      using,
      fc.record({ kind: fc.constant('throws' as const), resource: res }),
      fc.record({ kind: fc.constant('direct' as const), resource: res }),
      fc.record({ kind: fc.constant('concat' as const), parts }),
      fc.record({ kind: fc.constant('catch' as const), source: some, handler: some }),
      fc.record({ kind: fc.constant('wait' as const), source: some }),
      fc.record({ kind: fc.constant('take' as const), count, source: some }),
    ];
    const beside: Arbitrary<Tree>[] = [
      fc.record({ kind: fc.constant('cut' as const), count, source: some }),
      fc.record({ kind: fc.constant('merge' as const), parts }),
      fc.record({ kind: fc.constant('switch' as const), gaps: fc.array(delay, { minLength: 1, maxLength: 3 }), parts }),
    ];
    const all = words.parallel ? [...branches, ...beside] : branches;
    return { tree: fc.oneof({ maxDepth: 4, depthSize: 'medium', withCrossShrink: true }, body, ...all) };
  }).tree;
}

const UNTOLD = /"form":"(adopt|defer)"/;
const WAITERS = /"kind":"(take|wait)"/;
/** A resource subscribed as it is has no scope of the tree's around it that could see what it failed with. */
const UNWATCHED = /"kind":"direct"/;

/** Whether something can hold an error back without being told of it, and without being seen to hold it. */
export function isHolding(tree: Tree, { awaiting, watching }: { awaiting: boolean; watching: boolean }): boolean {
  const text = JSON.stringify(tree);
  const waits = awaiting || WAITERS.test(text);
  return UNTOLD.test(text) || (waits && (!watching || UNWATCHED.test(text)));
}

const LEAVERS = /"kind":"(take|cut|merge|switch)"/;

/** Whether nothing in the tree leaves anything else. */
export function isCalm(tree: Tree): boolean {
  return !LEAVERS.test(JSON.stringify(tree));
}
