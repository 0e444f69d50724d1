import AsyncDisposableStackPolyfill from 'disposablestack/AsyncDisposableStack';
import { Effect } from 'effect';
import { __addDisposableResource, __disposeResources } from 'tslib';
import type { Workload } from '../measure/workload.js';
import { tally } from '../measure/tally.js';
import { rxscope } from './library.js';
import { Handle, release, releaseLater } from './scope.js';

const handle = new Handle();

const close = (): void => release(handle);

const closeLater = (): Promise<void> => releaseLater(handle);

type Release = () => Promise<void> | void;

/** Registers so many releases, a closure each, and runs them. */
type Unwind = (entries: number, release: Release) => Promise<unknown>;

async function byHand(entries: number, release: Release): Promise<void> {
  const closures: Release[] = [];
  for (let i = 0; i < entries; i += 1) closures.push(() => release());
  for (let i = entries - 1; i >= 0; i -= 1) await closures[i]?.();
}

async function byRxscope(entries: number, release: Release): Promise<void> {
  const stack = new rxscope.ExitStack();
  for (let i = 0; i < entries; i += 1) stack.defer(() => release());
  await stack.close();
}

/** What `await using` compiles to, spelled out because a loop cannot open a growing number of blocks. */
async function awaitUsing(entries: number, release: Release): Promise<void> {
  const environment = { stack: [], error: undefined, hasError: false };
  for (let i = 0; i < entries; i += 1) {
    __addDisposableResource(environment, { [Symbol.asyncDispose]: () => release() }, true);
  }
  await __disposeResources(environment);
}

async function polyfill(entries: number, release: Release): Promise<void> {
  const stack = new AsyncDisposableStackPolyfill();
  for (let i = 0; i < entries; i += 1) stack.defer(() => release());
  await stack.disposeAsync();
}

function effectScope(entries: number, release: Release): Promise<void> {
  const finalizer = release === closeLater ? () => Effect.promise(closeLater) : () => Effect.sync(close);
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        for (let i = 0; i < entries; i += 1) yield* Effect.addFinalizer(finalizer);
      }),
    ),
  );
}

function workload(entries: number, kind: 'async' | 'sync', atMost: number): Workload {
  const run = (unwind: Unwind) => ({
    prepare: () => {
      const each = kind === 'async' ? closeLater : close;
      return async (operations: number) => {
        for (let i = 0; i < operations; i += 1) {
          tally.opened += entries;
          await unwind(entries, each);
        }
      };
    },
  });
  return {
    id: `W4 ${kind} ${entries}`,
    title: `exit stack of ${entries}, ${kind === 'async' ? 'asynchronous' : 'synchronous'} releases`,
    kind: 'time',
    unit: 'entry',
    units: entries,
    work: { opened: entries, used: 0, closed: entries },
    floor: { name: 'closures awaited in reverse', ...run(byHand) },
    variants: [
      { name: 'rxscope', ...run(byRxscope) },
      { name: 'await using (tslib)', ...run(awaitUsing) },
      { name: 'Effect', ...run(effectScope) },
      { name: 'AsyncDisposableStack polyfill', ...run(polyfill) },
    ],
    goals: [{ variant: 'rxscope', atMost }],
  };
}

const sizes = [1, 10, 1000];

export const workloads: readonly Workload[] = [
  ...sizes.map((entries) => workload(entries, 'async', 1.15)),
  ...sizes.map((entries) => workload(entries, 'sync', 0.6)),
];
