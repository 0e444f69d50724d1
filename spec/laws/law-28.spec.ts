import { of, Subscription } from 'rxjs';
import { ExitStack, fromDisposable, lease, using, type Resource } from '../../lib/index.js';
import { asyncDispose, dispose } from '../../lib/internal/async-dispose.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

type Any = Record<PropertyKey, unknown>;

describe('law 28: dispose methods', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const run = (handle: unknown, method?: string): void => {
    const source: Resource<unknown> =
      method === undefined
        ? fromDisposable(() => handle as AsyncDisposable)
        : fromDisposable(() => handle as Any, method);
    using(source, () => of(1)).subscribe(journal.observer());
  };
  const noting = (line: string) => (): void => {
    journal.note(line);
  };

  it('are looked up once, at acquire', async () => {
    for (const key of [asyncDispose, dispose, 'unsubscribe'] as const) {
      const lookups: string[] = [];
      const handle = Object.defineProperty({}, key, {
        get: () => {
          lookups.push(String(key));
          return noting('disposed');
        },
      });
      const held = await lease(fromDisposable(() => handle as unknown as AsyncDisposable));
      const atAcquire = lookups.length;
      expect(atAcquire).toBeGreaterThan(0);
      await held.release();
      expect(lookups).toHaveLength(atAcquire);
      expect(journal.take()).toEqual(['disposed']);
    }
  });

  it('the symbols are read once each, where they are found', () => {
    let reads = 0;
    const handle = Object.defineProperty({}, asyncDispose, { get: () => (reads++, () => undefined) });
    run(handle);
    expect(reads).toBe(1);
  });

  it('changing the method while it is held changes nothing', async () => {
    const handle: Any = { close: noting('old') };
    const held = await lease(fromDisposable(() => handle, 'close'));
    handle['close'] = noting('new');
    await held.release();
    expect(journal.lines).toEqual(['old']);
  });

  it('asyncDispose comes first, then dispose, then unsubscribe', () => {
    run({ unsubscribe: noting('unsubscribe'), [dispose]: noting('dispose'), [asyncDispose]: noting('asyncDispose') });
    run({ unsubscribe: noting('unsubscribe'), [dispose]: noting('dispose') });
    run({ unsubscribe: noting('unsubscribe') });
    expect(journal.lines.filter((line) => !/next|complete/.test(line))).toEqual(['asyncDispose', 'dispose', 'unsubscribe']); // prettier-ignore
  });

  it.each([null, undefined])('%p means absent', (absent) => {
    run({ unsubscribe: noting('unsubscribe'), [dispose]: absent, [asyncDispose]: absent });
    run({ [dispose]: noting('dispose'), [asyncDispose]: absent });
    expect(journal.lines.filter((line) => !/next|complete/.test(line))).toEqual(['unsubscribe', 'dispose']);
  });

  it.each([asyncDispose, dispose, 'unsubscribe', 'close'])(
    '%p is called with the object as receiver and no arguments',
    (key) => {
      const calls: unknown[][] = [];
      const handle: Any = {
        [key]: function (this: unknown, ...args: unknown[]) {
          calls.push([this === handle, ...args]);
        },
      };
      run(handle, key === 'close' ? 'close' : undefined);
      expect(calls).toEqual([[true]]);
    },
  );

  it('methods of a prototype are found, and a function is an object like others', () => {
    class Inherited {
      [dispose](): void {
        journal.note('inherited');
      }
    }
    run(new Inherited());
    run(Object.assign(() => undefined, { unsubscribe: noting('function') }));
    expect(journal.lines.filter((line) => !/next|complete/.test(line))).toEqual(['inherited', 'function']);
  });

  describe('a promise that is answered', () => {
    it.each([
      ['asyncDispose', asyncDispose, undefined],
      ['a method that the user named', 'close', 'close'],
      ['unsubscribe, where the user named it', 'unsubscribe', 'unsubscribe'],
      ['dispose, where the user named it', dispose, dispose],
    ])('by %s is awaited', async (_, key, method) => {
      const gate = new Gate();
      run({ [key]: () => gate.promise }, method as string | undefined);
      await nextMacrotask();
      expect(journal.take()).toEqual(['next 1']);
      gate.open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['complete']);
    });

    it.each([
      ['a synchronous dispose', dispose],
      ['unsubscribe()', 'unsubscribe'],
    ])('by %s is not awaited', (_, key) => {
      run({ [key]: () => new Promise(() => undefined) });
      expect(journal.lines).toEqual(['next 1', 'complete']);
    });
  });

  it('a method named by the user wins over the symbols', () => {
    run({ [asyncDispose]: noting('symbol'), [dispose]: noting('symbol'), release: noting('release') }, 'release');
    expect(journal.lines).toEqual(['next 1', 'release', 'complete']);
  });

  it.each([null, undefined])('%p as the resource is allowed and has nothing to release', async (nothing) => {
    run(nothing);
    run(nothing, 'close');
    using(
      fromDisposable(async () => nothing),
      (handle) => of(handle),
    ).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['next 1', 'complete', 'next 1', 'complete', `next ${String(nothing)}`, 'complete']);
    const stack = new ExitStack();
    expect(stack.use(nothing)).toBe(nothing);
    expect(await stack.close()).toBe(false);
  });

  describe('an object without any known method', () => {
    it.each([
      ['a plain object', {}],
      ['one with a guessable name', { close: () => undefined, release: () => undefined, end: () => undefined }],
      ['a number', 5],
      ['one whose unsubscribe is no function', { unsubscribe: true }],
      ['one whose dispose is no function', { [dispose]: 'no' }],
      ['one whose asyncDispose is no function', { [asyncDispose]: 1, [dispose]: () => undefined }],
    ])('is a TypeError at acquire: %s', async (_, handle) => {
      const outer = journal.resource('outer');
      using(outer, () =>
        using(
          fromDisposable(() => handle as AsyncDisposable),
          () => of(1),
        ),
      ).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+outer', '-outer error TypeError', 'error TypeError']);
      const stack = new ExitStack();
      expect(() => stack.use(handle as AsyncDisposable)).toThrow(TypeError);
      await stack.close();
    });

    it('is one where a named method is missing', () => {
      run({ close: noting('close') }, 'release');
      expect(journal.lines).toEqual(['error TypeError']);
    });
  });

  it('RxJS’s own subscriptions are disposables', async () => {
    const subscription = new Subscription(noting('torn down'));
    const held = await lease(fromDisposable(() => subscription));
    expect(held.value).toBe(subscription);
    await held.release();
    expect(journal.lines).toEqual(['torn down']);
  });

  it('a stack looks methods up when they are handed in, too', async () => {
    const handle: Any = { unsubscribe: noting('old') };
    const stack = new ExitStack();
    stack.use(handle as unknown as Subscription);
    handle['unsubscribe'] = noting('new');
    await stack.close();
    expect(journal.lines).toEqual(['old']);
  });
});
