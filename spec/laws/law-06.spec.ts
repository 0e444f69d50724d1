import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { concatMap, EMPTY, NEVER, of, range, Subject, throwError, type Observable } from 'rxjs';
import { andThen, combine, ExitStack, fromValue, mapValue, onExit, openResources, resource, scoped, use, using, type Resource } from '../../lib/index.js'; // prettier-ignore
import { root } from '../support/sources.js';

const many = 10_000;

/** Asks law-06.fixture.ts in a process of its own, with Node's default stack. */
function ask(question: string, ...flags: readonly string[]): unknown {
  const fixture = join(__dirname, 'law-06.fixture.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '--import', 'tsx', fixture, question], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${question}: exit code ${String(status)}\n${stderr}`);
  return JSON.parse(stdout);
}

// That the cost is linear is measured, not asserted: see bench/. A test of it would have to look at a clock.
describe('law 6: ten thousand synchronous scopes overflow no stack', () => {
  let acquired: number[];
  let released: number[];

  beforeEach(() => {
    acquired = [];
    released = [];
  });

  const counting = (id: number): Resource<number> =>
    resource({
      acquire: () => {
        acquired.push(id);
        return id;
      },
      release: (value) => {
        released.push(value);
      },
    });
  const ids = Array.from({ length: many }, (_, index) => index);
  const reversed = [...ids].reverse();

  const left = (): Resource<number> =>
    ids.slice(1).reduce<Resource<number>>((source, id) => source.pipe(andThen(() => counting(id))), counting(0));
  const right = (): Resource<number> =>
    ids
      .slice(0, -1)
      .reverse()
      .reduce<Resource<number>>((rest, id) => counting(id).pipe(andThen(() => rest)), counting(many - 1));

  const shapes: readonly [string, () => Resource<unknown>][] = [
    ['combined as an array', () => combine(ids.map(counting))],
    ['combined as a record', () => combine(Object.fromEntries(ids.map((id) => [`id ${id}`, counting(id)])))],
    ['combined and entered concurrently', () => combine(ids.map(counting), { concurrent: true })],
    ['chained with andThen, nested to the left', left],
    ['chained with andThen, nested to the right', right],
  ];

  describe.each(shapes)('%s', (_, make) => {
    it.each([
      ['complete', () => of(1)],
      ['fail', () => throwError(() => new Error('boom'))],
      ['are left', () => NEVER],
    ])('are entered and released in order when they %s', (_end, body) => {
      const told: string[] = [];
      make()
        .pipe(use(body))
        .subscribe({
          error: (error: unknown) => told.push((error as Error).message),
          complete: () => told.push('complete'),
        })
        .unsubscribe();
      expect(acquired).toEqual(ids);
      expect(released).toEqual(reversed);
      expect(told).not.toContain('Maximum call stack size exceeded');
    });
  });

  it('combined and released concurrently: all are released', () => {
    combine(ids.map(counting), { concurrentRelease: true })
      .pipe(use(() => of(1)))
      .subscribe();
    expect(released).toEqual(reversed);
  });

  it('wrapped ten thousand times by mapValue and onExit', () => {
    let exits = 0;
    const wrapped = ids.reduce<Resource<number>>(
      (source) => source.pipe(mapValue((value) => value + 1), onExit(() => { exits++; })), // prettier-ignore
      fromValue(0),
    );
    const values: number[] = [];
    wrapped.pipe(use((value) => of(value))).subscribe((value) => values.push(value));
    expect(values).toEqual([many]);
    expect(exits).toBe(many);
  });

  it('stacked: an exit stack of ten thousand entries closes them in reverse order', async () => {
    const stack = new ExitStack();
    for (const id of ids) stack.defer(() => released.push(id));
    expect(await stack.close()).toBe(false);
    expect(released).toEqual(reversed);
  });

  it('stacked: an exit stack of ten thousand resources closes them in reverse order', async () => {
    const stack = new ExitStack();
    for (const id of ids) await stack.enter(counting(id));
    await stack.close();
    expect(released).toEqual(reversed);
  });

  it('stacked: a scoped resource of ten thousand entries, synchronously', () => {
    scoped((stack) => {
      for (const id of ids) stack.adopt(id, (value) => released.push(value));
    })
      .pipe(use(() => of(1)))
      .subscribe();
    expect(released).toEqual(reversed);
  });

  it('successive: ten thousand in a row', () => {
    let values = 0;
    let completed = false;
    range(0, many)
      .pipe(concatMap((id) => using(counting(id), (value) => of(value))))
      .subscribe({ next: () => values++, complete: () => (completed = true) });
    expect([values, completed]).toEqual([many, true]);
    expect(acquired).toEqual(ids);
    expect(released).toEqual(ids);
  });

  it('successive inside a scope: ten thousand in a row in one body', () => {
    using(counting(-1), () => range(0, many).pipe(concatMap((id) => using(counting(id), () => EMPTY)))).subscribe();
    expect(released).toEqual([...ids, -1]);
  });

  it('successive: ten thousand left by the next one', () => {
    const values = new Subject<number>();
    const subscription = using(counting(-1), () => values.pipe(concatMap((id) => using(counting(id), () => EMPTY)))).subscribe(); // prettier-ignore
    for (const id of ids) values.next(id);
    subscription.unsubscribe();
    expect(released).toEqual([...ids, -1]);
  });
});

describe('law 6: scopes nested by hand', () => {
  jest.setTimeout(60_000); // each of these starts a process

  it('go at least 1,000 levels deep on the default stack', () => {
    expect(ask('thousand')).toBe(true);
  });

  it('are left at 1,000 levels, in order', () => {
    expect(ask('thousand left')).toEqual({ released: 1000, reversed: true });
  });

  it('are left at 1,000 levels with asynchronous releases, in order', () => {
    expect(ask('thousand with asynchronous releases, left')).toEqual({ released: 1000, reversed: true });
  });

  it('go as deep as RxJS’s using does', () => {
    // Optimised code takes less stack, and when it comes in is not the same twice: without it both limits are exact.
    expect(ask('ours', '--no-opt')).toBeGreaterThanOrEqual(ask('theirs', '--no-opt') as number);
  });

  it('go 10,000 levels deep where they are asynchronous, and complete', () => {
    expect(ask('asynchronous, completing')).toEqual({
      released: many,
      reversed: true,
      told: ['bottom', 'complete'],
      open: 0,
    });
  });

  it('go 10,000 levels deep where they are asynchronous, and are left', () => {
    expect(ask('asynchronous, left')).toEqual({ released: many, reversed: true, told: [], open: 0 });
  });

  it('give the consumer a RangeError when the stack runs out, after all that was acquired is released in reverse order', () => {
    expect(ask('exhausted')).toEqual({ deep: true, all: true, reversed: true, told: ['RangeError'], open: 0 });
  });

  it('are released, and the consumer told, at whatever call the stack runs out', () => {
    const pad = (frames: number, call: () => void): void => {
      if (frames > 0) pad(frames - 1, call);
      else call();
    };
    for (let frames = 0; frames < 60; frames++) {
      const count = { acquired: 0, released: 0, told: 0 };
      const held = resource({ acquire: () => ++count.acquired, release: () => ++count.released });
      const level = (): Observable<never> => using(held, level);
      pad(frames, () => level().subscribe({ error: () => count.told++ }));
      expect({ frames, ...count, open: openResources().length }).toEqual({
        frames,
        acquired: count.acquired,
        released: count.acquired,
        told: 1,
        open: 0,
      });
    }
  });

  it('stay sound when the consumer leaves after that', () => {
    expect(ask('exhausted, left')).toEqual({ deep: true, all: true, reversed: true, told: ['RangeError'], open: 0 });
  });
});
