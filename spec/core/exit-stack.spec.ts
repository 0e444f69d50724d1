import { EmptyError, from, of, Subject, throwError } from 'rxjs';
import {
  andThen,
  ClosedError,
  ExitStack,
  fromValue,
  openResources,
  resource,
  ResourceLostError,
  settled,
  suppress,
  type Exit,
} from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { raise, waysToFail } from '../support/failing.js';
import { describeError, describeExit, Gate, Journal } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');
const failed: Exit = { kind: 'error', error: boom };

describe('ExitStack', () => {
  it('releases in reverse, whatever way things were put on it (law 26)', async () => {
    const journal = new Journal();
    const stack = new ExitStack();
    await stack.enter(journal.resource('a'));
    stack.use({ [Symbol.dispose]: () => journal.note('use') });
    stack.adopt('b', (value) => journal.note(`adopt ${value}`));
    stack.defer(() => journal.note('defer'));
    stack.push(({ kind }) => journal.note(`push ${kind}`));
    expect(await stack.close()).toBe(false);
    expect(journal.lines).toEqual(['+a', 'push complete', 'defer', 'adopt b', 'use', '-a complete']);
  });

  it('finishes each before the next begins (law 26)', async () => {
    const journal = new Journal();
    const stack = new ExitStack();
    for (const name of ['a', 'b']) await stack.enter(journal.resource(name, { release: () => Promise.resolve() }));
    await stack.close();
    expect(journal.lines).toEqual(['+a', '+b', '-b complete', '-b ok', '-a complete', '-a ok']);
  });

  it('is closed at the end of a block by await using', async () => {
    const journal = new Journal();
    {
      await using stack = new ExitStack();
      stack.defer(async () => journal.note('deferred'));
      journal.note('block');
    }
    expect(journal.lines).toEqual(['block', 'deferred']);
  });

  it('shows what it holds, and not itself, in openResources()', async () => {
    const stack = new ExitStack();
    await stack.enter(resource({ name: 'inside', acquire: () => 1 }));
    expect(openResources()).toMatchObject([{ name: 'inside', state: 'held' }]);
    await stack.close();
  });

  it('holds ten thousand entries (law 6)', async () => {
    const stack = new ExitStack();
    let released = 0;
    for (let n = 0; n < 10_000; n++) stack.defer(() => (released += 1));
    await stack.close();
    expect(released).toBe(10_000);
  });

  describe('enter', () => {
    it('answers the handle', async () => {
      const stack = new ExitStack();
      expect(await stack.enter(fromValue(42))).toBe(42);
      await stack.close();
    });

    it('tells the resource the exit of the stack (law 7)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      await stack.enter(journal.resource('a'));
      expect(await rejection(stack.close(failed))).toBe(boom);
      expect(journal.lines).toEqual(['+a', '-a error boom']);
    });

    it.each(waysToFail(boom))(
      'rejects with the error and leaves the stack as it was, where acquire %s (law 11)',
      async (_, acquire) => {
        const journal = new Journal();
        const stack = new ExitStack();
        await stack.enter(journal.resource('a'));
        expect(await rejection(stack.enter(resource({ acquire })))).toBe(boom);
        expect(stack.closed).toBe(false);
        expect(await stack.close()).toBe(false);
        expect(journal.lines).toEqual(['+a', '-a complete']);
      },
    );

    it('rejects with EmptyError where the resource suppressed its own failure', async () => {
      const stack = new ExitStack();
      const failing = resource({ acquire: () => throwError(() => boom) });
      const nothing = fromValue(1).pipe(suppress(Error), andThen(() => failing)); // prettier-ignore
      expect(await rejection(stack.enter(nothing))).toBeInstanceOf(EmptyError);
      await stack.close();
    });

    it('rejects with a TypeError where it is given no resource', async () => {
      expect(await rejection(new ExitStack().enter(of(1) as never))).toBeInstanceOf(TypeError);
    });

    it('enters side by side, and releases in the order in which they came, reversed', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      const [a, b] = [new Gate<string>(), new Gate<string>()];
      const entering = [
        stack.enter(journal.resource('a', { acquire: () => a.promise })),
        stack.enter(journal.resource('b', { acquire: () => b.promise })),
      ];
      b.open('b');
      await microtasks();
      a.open('a');
      await Promise.all(entering);
      await stack.close();
      expect(journal.lines).toEqual(['+a', '+b', '+b ok', '+a ok', '-a complete', '-b complete']);
    });

    it('may be suppressed by a resource with exit (law 8)', async () => {
      const stack = new ExitStack();
      await stack.enter(resource({ acquire: () => 1, exit: () => true }));
      expect(await stack.close(failed)).toBe(true);
    });

    describe('pending while the stack is closed', () => {
      it('is waited for, released with the frozen exit, and rejects with ClosedError (law 26)', async () => {
        const journal = new Journal();
        const stack = new ExitStack();
        const acquired = new Gate<string>();
        stack.defer(() => journal.note('deferred'));
        const entering = rejection(stack.enter(journal.resource('late', { acquire: () => acquired.promise })));
        const closing = rejection(stack.close(failed)).then((error) => journal.note(`closed: ${describeError(error)}`));
        await microtasks();
        expect(journal.take()).toEqual(['+late']);
        acquired.open('handle');
        const error = await entering;
        await closing;
        expect(error).toBeInstanceOf(ClosedError);
        expect(error).toMatchObject({ resource: 'late' });
        expect(journal.take()).toEqual(['+late ok', '-late error boom', 'deferred', 'closed: boom']);
      });

      it('rejects with its own error where it fails, and the stack closes (law 26)', async () => {
        const stack = new ExitStack();
        const acquired = new Gate<string>();
        const entering = rejection(stack.enter(resource({ acquire: () => acquired.promise })));
        const closing = stack.close();
        acquired.fail(boom);
        expect(await entering).toBe(boom);
        expect(await closing).toBe(false);
      });
    });
  });

  describe('use', () => {
    it('answers the value and disposes of it as fromDisposable does (law 28)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      const value = {
        [Symbol.asyncDispose]: async () => journal.note('asyncDispose'),
        [Symbol.dispose]: () => journal.note('dispose'),
      };
      expect(stack.use(value)).toBe(value);
      stack.use({ unsubscribe: () => journal.note('unsubscribe') });
      await stack.close();
      expect(journal.lines).toEqual(['unsubscribe', 'asyncDispose']);
    });

    it.each([null, undefined])('takes %p (law 28)', async (nothing) => {
      const stack = new ExitStack();
      expect(stack.use(nothing)).toBe(nothing);
      expect(await stack.close()).toBe(false);
    });

    it('refuses what has no method of disposing with a TypeError', () => {
      const stack = new ExitStack();
      expect(() => stack.use({ close() {} } as never)).toThrow(TypeError);
    });
  });

  describe('adopt', () => {
    it('answers the value, and calls onDispose with it alone', async () => {
      const calls: unknown[][] = [];
      const stack = new ExitStack();
      const value = { id: 1 };
      expect(stack.adopt(value, (...args) => calls.push(args))).toBe(value);
      await stack.close();
      expect(calls).toEqual([[value]]);
    });

    it.each([
      ['a promise', (gate: Gate) => gate.promise],
      ['an observable', (gate: Gate) => from(gate.promise)],
    ])('awaits %s', async (_, answer) => {
      const gate = new Gate();
      const journal = new Journal();
      const stack = new ExitStack();
      stack.adopt(1, () => answer(gate));
      const closing = stack.close().then(() => journal.note('closed'));
      await microtasks();
      expect(journal.lines).toEqual([]);
      gate.open();
      await closing;
      expect(journal.lines).toEqual(['closed']);
    });
  });

  describe('defer', () => {
    it('calls back without arguments', async () => {
      const calls: unknown[][] = [];
      const stack = new ExitStack();
      stack.defer((...args: unknown[]) => calls.push(args));
      await stack.close();
      expect(calls).toEqual([[]]);
    });

    it('takes observables, and waits for their end (law 3)', async () => {
      const released = new Subject<void>();
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => released);
      const closing = stack.close().then(() => journal.note('closed'));
      released.next();
      await microtasks();
      expect(journal.lines).toEqual([]);
      released.complete();
      await closing;
      expect(journal.lines).toEqual(['closed']);
    });
  });

  describe('push', () => {
    it('is told the outcome so far (law 10)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.push((exit) => journal.note(`outer ${describeExit(exit)}`));
      stack.push((exit) => {
        journal.note(`suppressing ${describeExit(exit)}`);
        return true;
      });
      stack.push((exit) => {
        journal.note(`inner ${describeExit(exit)}`);
        throw new Error('inner');
      });
      expect(await stack.close(failed)).toBe(true);
      expect(journal.lines).toEqual(['inner error boom', 'suppressing error S(inner, boom)', 'outer complete']);
    });

    it('alone suppresses, and only by answering true (law 8)', async () => {
      const trueOf = (put: (stack: ExitStack) => unknown): Promise<unknown> => {
        const stack = new ExitStack();
        put(stack);
        return stack.close(failed).catch((error: unknown) => error);
      };
      expect(await trueOf((stack) => stack.push(() => true))).toBe(true);
      expect(await trueOf((stack) => stack.push(async () => true))).toBe(true);
      expect(await trueOf((stack) => stack.push(() => of(false, true)))).toBe(true);
      expect(await trueOf((stack) => stack.push(() => 1 as never))).toBe(boom);
      expect(await trueOf((stack) => stack.push(() => {}))).toBe(boom);
      expect(await trueOf((stack) => stack.defer(() => true))).toBe(boom);
      expect(await trueOf((stack) => stack.adopt(1, () => true))).toBe(boom);
      expect(await trueOf((stack) => stack.use({ [Symbol.asyncDispose]: async () => true as never }))).toBe(boom);
      expect(await trueOf((stack) => stack.push(() => false))).toBe(boom);
    });

    it('suppresses the failure of an earlier release; close() then answers false, for its exit was no error (law 26)', async () => {
      const stack = new ExitStack();
      stack.push(() => true);
      stack.defer(() => raise(boom));
      expect(await stack.close()).toBe(false);
    });
  });

  describe('close', () => {
    it.each<Exit>([{ kind: 'complete' }, { kind: 'unsubscribe' }])('passes the exit on: %p', async (exit) => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.push((told) => journal.note(told.kind));
      expect(await stack.close(exit)).toBe(false);
      expect(journal.lines).toEqual([exit.kind]);
    });

    it("rejects with the exit's own error where nothing suppressed it (law 26)", async () => {
      expect(await rejection(new ExitStack().close(failed))).toBe(boom);
      expect(await rejection(new ExitStack().close({ kind: 'error', error: undefined }))).toBeUndefined();
    });

    it.each(waysToFail(boom))('runs all the others where one %s, and rejects with it (law 9)', async (_, fails) => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => journal.note('first'));
      stack.defer(fails);
      stack.defer(() => journal.note('last'));
      expect(await rejection(stack.close())).toBe(boom);
      expect(journal.lines).toEqual(['last', 'first']);
    });

    it('joins several failures in the order of release (law 9)', async () => {
      const stack = new ExitStack();
      stack.defer(() => raise(new Error('second')));
      stack.defer(() => raise(new Error('first')));
      expect(describeError(await rejection(stack.close(failed)))).toBe('S(second, S(first, boom))');
    });

    it('waits a second time, and does not repeat the error (law 26)', async () => {
      const released = new Gate();
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => {
        journal.note('deferred');
        return released.promise;
      });
      const first = rejection(stack.close(failed));
      const second = stack.close().then((answer) => journal.note(`second: ${answer}`));
      await microtasks();
      expect(journal.take()).toEqual(['deferred']);
      released.open();
      expect(await first).toBe(boom);
      await second;
      expect(journal.take()).toEqual(['second: false']);
      expect(await stack.close()).toBe(false);
    });

    it('does nothing and does not wait inside the synchronous part of a release of the same stack (law 26)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => journal.note('first'));
      stack.defer(async () => {
        expect(await stack.close()).toBe(false);
        journal.note('inner close');
      });
      expect(await stack.close()).toBe(false);
      expect(journal.lines).toEqual(['inner close', 'first']);
    });

    it('of a stack with nothing on it resolves', async () => {
      const stack = new ExitStack();
      expect(await stack.close()).toBe(false);
      expect(stack.closed).toBe(true);
    });

    it.each<[string, unknown]>([
      ['a string', 'complete'],
      ['null', null],
      ['an unknown kind', { kind: 'done' }],
      ['an error without its error', { kind: 'error' }],
    ])('refuses an exit that is %s with a TypeError, and can still be closed', async (_, exit) => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => journal.note('deferred'));
      const error = await rejection(Promise.resolve().then(() => stack.close(exit as Exit)));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/Expected an exit/);
      await stack.close();
      expect(journal.lines).toEqual(['deferred']);
    });
  });

  describe('closed', () => {
    it('is true from the start of close() on', async () => {
      const stack = new ExitStack();
      expect(stack.closed).toBe(false);
      const closing = stack.close();
      expect(stack.closed).toBe(true);
      await closing;
      expect(stack.closed).toBe(true);
    });
  });

  describe('once it is closed', () => {
    it('refuses to enter with ClosedError, before anything is acquired (law 27)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      await stack.close();
      const error = await rejection(stack.enter(journal.resource('a')));
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({ resource: 'a' });
      expect(journal.lines).toEqual([]);
    });

    it('releases at once, with the frozen exit, what is already held (law 27)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      await rejection(stack.close(failed));
      expect(stack.adopt('value', () => journal.note('adopt'))).toBe('value');
      stack.defer(() => journal.note('defer'));
      stack.push((exit) => journal.note(`push ${describeExit(exit)}`));
      stack.use({ [Symbol.dispose]: () => journal.note('use') });
      expect(journal.lines).toEqual(['adopt', 'defer', 'push error boom', 'use']);
    });

    it('releases at once while it is still closing, too (law 27)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      const released = new Gate();
      stack.defer(() => released.promise);
      const closing = stack.close();
      stack.defer(() => journal.note('late'));
      expect(journal.lines).toEqual(['late']);
      released.open();
      await closing;
      expect(journal.lines).toEqual(['late']);
    });

    it('lets settled() wait for such a release (law 12)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      await stack.close();
      const released = new Gate();
      stack.defer(() => released.promise);
      const waiting = settled().then(() => journal.note('settled'));
      await microtasks();
      expect(journal.lines).toEqual([]);
      released.open();
      await waiting;
      expect(journal.lines).toEqual(['settled']);
    });

    it.each(waysToFail(boom))('reports a late release that %s (law 27)', async (_, fails) => {
      const stack = new ExitStack();
      await stack.close();
      stack.defer(fails);
      expect(await takeUnhandledErrors()).toEqual([boom]);
    });

    it('reports nothing of the frozen error itself (law 27)', async () => {
      const stack = new ExitStack();
      await rejection(stack.close(failed));
      stack.push(() => {});
      expect(await takeUnhandledErrors()).toEqual([]);
    });
  });

  describe('move', () => {
    it('hands all entries over and leaves this one closed (law 27)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      await stack.enter(journal.resource('a'));
      stack.defer(() => journal.note('deferred'));
      const moved = stack.move();
      expect([stack.closed, moved.closed]).toEqual([true, false]);
      expect(await stack.close()).toBe(false);
      expect(journal.take()).toEqual(['+a']);
      await moved.close();
      expect(journal.take()).toEqual(['deferred', '-a complete']);
    });

    it('takes a pending enter along: it resolves and is released with the new stack (law 27)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      const acquired = new Gate<string>();
      const entering = stack.enter(journal.resource('a', { acquire: () => acquired.promise }));
      const moved = stack.move();
      acquired.open('handle');
      expect(await entering).toBe('handle');
      expect(journal.take()).toEqual(['+a', '+a ok']);
      await moved.close();
      expect(journal.take()).toEqual(['-a complete']);
    });

    it('makes the new stack wait for a pending enter when it is closed (law 26)', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      const acquired = new Gate<string>();
      const entering = rejection(stack.enter(journal.resource('a', { acquire: () => acquired.promise })));
      const closing = stack
        .move()
        .close()
        .then(() => journal.note('closed'));
      await microtasks();
      expect(journal.take()).toEqual(['+a']);
      acquired.open('handle');
      expect(await entering).toBeInstanceOf(ClosedError);
      await closing;
      expect(journal.take()).toEqual(['+a ok', '-a complete', 'closed']);
    });

    it('refuses to enter on the old one, and takes on the new one (law 27)', async () => {
      const stack = new ExitStack();
      const moved = stack.move();
      expect(await rejection(stack.enter(fromValue(1)))).toBeInstanceOf(ClosedError);
      expect(await moved.enter(fromValue(1))).toBe(1);
      await moved.close();
    });

    it('releases at once, as complete, what is registered on the old one (law 27)', () => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.move();
      stack.push(({ kind }) => journal.note(kind));
      expect(journal.lines).toEqual(['complete']);
    });

    it('of a closed stack has nothing to hand over', async () => {
      const journal = new Journal();
      const stack = new ExitStack();
      stack.defer(() => journal.note('deferred'));
      await stack.close();
      await stack.move().close();
      expect(journal.lines).toEqual(['deferred']);
    });
  });

  describe('with something that is lost', () => {
    it('tells whoever closes it (laws 26, 29)', async () => {
      const death = new Subject<void>();
      const journal = new Journal();
      const stack = new ExitStack();
      await stack.enter(journal.resource('a', { lost: () => death }));
      death.next();
      expect(await rejection(stack.close())).toBeInstanceOf(ResourceLostError);
      expect(journal.lines).toEqual(['+a', '-a error ResourceLostError']);
    });
  });

  describe('given something else', () => {
    it.each<[string, (stack: ExitStack) => unknown, RegExp]>([
      ['adopt', (stack) => stack.adopt(1, undefined as never), /onDispose to be a function, received undefined/],
      ['defer', (stack) => stack.defer('close' as never), /callback to be a function, received string/],
      ['push', (stack) => stack.push(null as never), /callback to be a function, received null/],
    ])('refuses a missing callback of %s with a TypeError at the call', (_, call, message) => {
      expect(() => call(new ExitStack())).toThrow(TypeError);
      expect(() => call(new ExitStack())).toThrow(message);
    });
  });
});
