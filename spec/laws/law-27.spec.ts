import { ClosedError, ExitStack, settled, type Exit } from '../../lib/index.js';
import { Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

describe('law 27: registering on a stack that is closed', () => {
  const boom = new Error('boom');
  let journal: Journal;
  let stack: ExitStack;

  beforeEach(() => {
    journal = new Journal();
    stack = new ExitStack();
  });

  const register = (): void => {
    stack.adopt('value', (value) => { journal.note(`adopt ${value}`); }); // prettier-ignore
    stack.defer(() => { journal.note('defer'); }); // prettier-ignore
    stack.push((exit) => { journal.note(`push ${exit.kind}`); }); // prettier-ignore
    stack.use({ unsubscribe: () => { journal.note('use'); } }); // prettier-ignore
  };

  const exits: readonly Exit[] = [{ kind: 'complete' }, { kind: 'error', error: boom }, { kind: 'unsubscribe' }];

  it.each(exits)('something already held runs at once, with the frozen exit: $kind', async (exit) => {
    await stack.close(exit).catch(() => undefined);
    register();
    expect(journal.lines).toEqual(['adopt value', 'defer', `push ${exit.kind}`, 'use']);
  });

  it('the identical error is in the frozen exit', async () => {
    const seen: Exit[] = [];
    await stack.close({ kind: 'error', error: boom }).catch(() => undefined);
    stack.push((exit) => { seen.push(exit); }); // prettier-ignore
    expect((seen[0] as { error: unknown }).error).toBe(boom);
  });

  it('and so while it is closing: what is registered then does not wait for the rest', async () => {
    const gate = new Gate();
    stack.defer(() => { journal.note('first'); }); // prettier-ignore
    stack.defer(() => gate.promise);
    const closing = stack.close({ kind: 'unsubscribe' });
    register();
    expect(journal.take()).toEqual(['adopt value', 'defer', 'push unsubscribe', 'use']);
    gate.open();
    await closing;
    expect(journal.take()).toEqual(['first']);
  });

  it('and so inside a release of the stack', async () => {
    stack.defer(() => {
      stack.defer(() => { journal.note('inner'); }); // prettier-ignore
      journal.note('outer');
    });
    await stack.close();
    expect(journal.lines).toEqual(['inner', 'outer']);
  });

  it('adopt and use still answer the value', async () => {
    await stack.close();
    const disposable = { unsubscribe: () => undefined };
    expect(stack.adopt(disposable, () => undefined)).toBe(disposable);
    expect(stack.use(disposable)).toBe(disposable);
  });

  describe('a new enter', () => {
    it.each(['closed', 'closing'])('is refused with ClosedError before anything is acquired: %s', async (state) => {
      const gate = new Gate();
      stack.defer(() => gate.promise);
      const closing = stack.close();
      if (state === 'closed') gate.open();
      if (state === 'closed') await closing;
      await expect(stack.enter(journal.resource('a'))).rejects.toBeInstanceOf(ClosedError);
      expect(journal.lines).toEqual([]);
      gate.open();
      await closing;
    });
  });

  describe('a late failure', () => {
    it.each([
      ['thrown', () => { throw boom; }], // prettier-ignore
      ['by a promise', () => Promise.reject(boom)],
    ])('goes to config.onUnhandledError: %s', async (_, callback) => {
      await stack.close();
      stack.defer(callback);
      expect(await reported()).toEqual(['boom']);
      stack.adopt(1, callback);
      expect(await reported()).toEqual(['boom']);
      stack.push(callback);
      expect(await reported()).toEqual(['boom']);
    });

    it('registering does not throw, and the close that was before is not touched', async () => {
      const gate = new Gate();
      stack.defer(() => gate.promise);
      const closing = stack.close();
      expect(() => {
        stack.defer(() => {
          throw boom;
        });
      }).not.toThrow();
      gate.open();
      expect(await closing).toBe(false);
      expect(await reported()).toEqual(['boom']);
    });

    it('of the exit’s own error is none', async () => {
      await stack.close({ kind: 'error', error: boom }).catch(() => undefined);
      stack.push((exit) => {
        if (exit.kind === 'error') throw exit.error;
      });
      expect(await reported()).toEqual([]);
    });
  });

  it('what is released late counts as going on in the background', async () => {
    const gate = new Gate();
    await stack.close();
    stack.defer(() => gate.promise);
    let done = false;
    void settled().then(() => (done = true));
    await nextMacrotask();
    expect(done).toBe(false);
    gate.open();
    await nextMacrotask();
    expect(done).toBe(true);
  });

  describe('move()', () => {
    it('hands everything on and leaves the old stack closed, with nothing run', async () => {
      register();
      await stack.enter(journal.resource('a'));
      const moved = stack.move();
      expect(stack.closed).toBe(true);
      expect(moved.closed).toBe(false);
      expect(journal.take()).toEqual(['+a']);
      expect(await stack.close()).toBe(false);
      expect(journal.take()).toEqual([]);
      await moved.close({ kind: 'unsubscribe' });
      expect(journal.take()).toEqual(['-a unsubscribe', 'use', 'push unsubscribe', 'defer', 'adopt value']);
    });

    it('makes the old stack refuse and run at once, like any closed one', async () => {
      const moved = stack.move();
      register();
      expect(journal.take()).toEqual(['adopt value', 'defer', 'push complete', 'use']);
      await expect(stack.enter(journal.resource('a'))).rejects.toBeInstanceOf(ClosedError);
      moved.defer(() => { journal.note('moved'); }); // prettier-ignore
      expect(journal.take()).toEqual([]);
      await moved.close();
      expect(journal.take()).toEqual(['moved']);
    });

    it('of a closed stack is an empty one', async () => {
      stack.defer(() => { journal.note('once'); }); // prettier-ignore
      await stack.close();
      const moved = stack.move();
      await moved.close();
      expect(journal.lines).toEqual(['once']);
    });

    it('takes an enter that is pending with it', async () => {
      const gate = new Gate<string>();
      const entering = stack.enter(journal.resource('a', { acquire: () => gate.promise }));
      const moved = stack.move();
      gate.open('a');
      expect(await entering).toBe('a');
      await moved.close();
      expect(journal.lines).toEqual(['+a', '+a ok', '-a complete']);
    });
  });
});
