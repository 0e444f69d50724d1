import type { Exit } from './engine/exit.js';
import type { Chain, Guard, Leaf, Mapping, Node, ReleaseMode, Scope } from './engine/scope.js';

/** The parts of a leaf that differ from the plain case. */
export interface LeafOptions {
  acquire(this: void, scope: Scope): unknown;
  entered?: ((scope: Scope, token: never) => unknown) | undefined;
  release?: ((token: never, exit: Exit) => unknown) | undefined;
  renamed?: (name: string) => Leaf;
  mode?: ReleaseMode;
  awaits?: boolean;
  interruptible?: boolean;
  name?: string | undefined;
  unreleased?: boolean;
}

/** One shape for all leaves, so that the engine's loop stays monomorphic. */
export function leaf(options: LeafOptions): Leaf {
  return {
    kind: 'leaf',
    mode: options.mode ?? 'release',
    awaits: options.awaits ?? true,
    interruptible: options.interruptible ?? false,
    name: options.name,
    unreleased: options.unreleased ?? false,
    acquire: options.acquire,
    entered: options.entered as Leaf['entered'],
    renamed: options.renamed,
    release: (options.release as Leaf['release'] | undefined) ?? nothing,
  };
}

export function chain(source: Node, next: (handle: never) => Node): Chain {
  return { kind: 'chain', source, next: next };
}

export function mapping(source: Node, map: (handle: never) => unknown): Mapping {
  return { kind: 'mapping', source, map: map };
}

export function guard(source: Node, mode: ReleaseMode, release: (exit: Exit) => unknown): Guard {
  return { kind: 'guard', source, mode, release: (_token, exit) => release(exit) };
}

function nothing(): void {
  // nothing to release
}
