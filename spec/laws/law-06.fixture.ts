// Run by law-06.spec.ts in a fresh process of its own: how deep the stack goes depends on what is on it already.
import { NEVER, of, using as plainUsing, type Observable } from 'rxjs';
import { openResources, resource, settled, using } from '../../lib/index.js';

type Nest = (depth: number) => Observable<unknown>;

const plain = resource({ acquire: () => 1, release: () => undefined });

const ours: Nest = (depth) => {
  const level = (left: number): Observable<unknown> => (left === 0 ? of(1) : using(plain, () => level(left - 1)));
  return level(depth);
};

const theirs: Nest = (depth) => {
  const free = { unsubscribe: (): void => undefined };
  const level = (left: number): Observable<unknown> =>
    left === 0
      ? of(1)
      : plainUsing(
          () => free,
          () => level(left - 1),
        );
  return level(depth);
};

/** Whether a value and the end come through that many levels. */
function survives(nest: Nest, depth: number): boolean {
  const told: string[] = [];
  try {
    nest(depth).subscribe({ next: () => told.push('next'), error: () => told.push('error'), complete: () => told.push('complete') }); // prettier-ignore
  } catch {
    return false;
  }
  return told.join() === 'next,complete';
}

/** The deepest that survives, to the hundred. */
function limitOf(nest: Nest): number {
  survives(nest, 500); // warm
  let [low, high] = [100, 40_000];
  while (high - low > 100) {
    const middle = Math.floor((low + high) / 2);
    if (survives(nest, middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Nested until the stack runs out, with levels of a given kind. */
function exhaust(leave: boolean): Record<string, unknown> {
  const acquired: number[] = [];
  const released: number[] = [];
  const told: unknown[] = [];
  const level = (depth: number): Observable<unknown> =>
    using(
      resource({
        acquire: () => {
          acquired.push(depth);
          return depth;
        },
        release: (value) => {
          released.push(value);
        },
      }),
      () => (depth === 100_000 ? NEVER : level(depth + 1)),
    );
  const subscription = level(0).subscribe({
    error: (error: unknown) => told.push(error instanceof RangeError ? error.name : error),
    complete: () => told.push('complete'),
  });
  if (leave) subscription.unsubscribe();
  return {
    deep: acquired.length > 1000,
    all: acquired.length === new Set(acquired).size && acquired.length === released.length,
    reversed: released.every((value, index) => value === acquired[acquired.length - 1 - index]),
    told,
    open: openResources().length,
  };
}

async function asynchronous(depth: number, leave: boolean): Promise<Record<string, unknown>> {
  const released: number[] = [];
  const told: string[] = [];
  let reached: () => void = () => undefined;
  const bottom = new Promise<void>((resolve) => (reached = resolve));
  const level = (at: number): Observable<unknown> =>
    using(
      resource({
        acquire: () => Promise.resolve(at),
        release: async (value) => {
          await Promise.resolve();
          released.push(value);
        },
      }),
      () => {
        if (at < depth) return level(at + 1);
        reached();
        return leave ? NEVER : of('bottom');
      },
    );
  const ended = new Promise<void>((resolve) => {
    const end = (line: string) => (): void => {
      told.push(line);
      resolve();
    };
    const subscription = level(1).subscribe({ next: (value) => told.push(String(value)), error: end('error'), complete: end('complete') }); // prettier-ignore
    void bottom.then(() => {
      if (!leave) return;
      subscription.unsubscribe();
      resolve();
    });
  });
  await ended;
  await settled();
  return {
    released: released.length,
    reversed: released.every((value, index) => value === depth - index),
    told,
    open: openResources().length,
  };
}

/** Asynchronous releases only: everything is on the stack when the body ends. */
async function asynchronousReleases(depth: number): Promise<Record<string, unknown>> {
  const released: number[] = [];
  const level = (at: number): Observable<unknown> =>
    using(
      resource({
        acquire: () => at,
        release: async (value) => {
          await Promise.resolve();
          released.push(value);
        },
      }),
      () => (at < depth ? level(at + 1) : NEVER),
    );
  level(1).subscribe().unsubscribe();
  await settled();
  return { released: released.length, reversed: released.every((value, index) => value === depth - index) };
}

const questions: Record<string, () => unknown> = {
  ours: () => limitOf(ours),
  theirs: () => limitOf(theirs),
  thousand: () => survives(ours, 1000),
  'thousand left': () => {
    const released: number[] = [];
    const level = (at: number): Observable<unknown> =>
      using(resource({ acquire: () => at, release: (value) => released.push(value) }), () =>
        at < 1000 ? level(at + 1) : NEVER,
      );
    level(1).subscribe().unsubscribe();
    return { released: released.length, reversed: released.every((value, index) => value === 1000 - index) };
  },
  exhausted: () => exhaust(false),
  'exhausted, left': () => exhaust(true),
  'asynchronous, completing': () => asynchronous(10_000, false),
  'asynchronous, left': () => asynchronous(10_000, true),
  'thousand with asynchronous releases, left': () => asynchronousReleases(1000),
};

async function main(): Promise<void> {
  const question = questions[process.argv[2] ?? ''];
  if (question === undefined) throw new Error('no such question');
  process.stdout.write(JSON.stringify(await question()));
}

void main();
