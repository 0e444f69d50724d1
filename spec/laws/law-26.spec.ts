import { EmptyError, of } from 'rxjs';
import { ClosedError, combine, ExitStack, lease, resource, type Exit, type Resource } from '../../lib/index.js';
import { asyncDispose } from '../../lib/internal/async-dispose.js';
import { describeError, Gate, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

const outcome = (promise: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(promise).then(
    (value) => `resolved ${String(value)}`,
    (error: unknown) => `rejected ${describeError(error)}`,
  );

describe('law 26: closing a stack', () => {
  const boom = new Error('boom');
  const failure: Exit = { kind: 'error', error: boom };
  let journal: Journal;
  let stack: ExitStack;

  beforeEach(() => {
    journal = new Journal();
    stack = new ExitStack();
  });

  it('runs each entry once, last in first out, whatever kind it is', async () => {
    await stack.enter(journal.resource('a'));
    stack.use({ unsubscribe: () => { journal.note('b'); } }); // prettier-ignore
    stack.adopt('c', (value) => { journal.note(value); }); // prettier-ignore
    stack.defer(() => { journal.note('d'); }); // prettier-ignore
    stack.push(({ kind }) => { journal.note(`e ${kind}`); }); // prettier-ignore
    await stack.close();
    await stack.close();
    expect(journal.lines).toEqual(['+a', 'e complete', 'd', 'c', 'b', '-a complete']);
  });

  it('runs them strictly one after another', async () => {
    const gates = [new Gate(), new Gate()] as const;
    stack.defer(() => { journal.note('last'); }); // prettier-ignore
    gates.forEach((gate, index) => {
      stack.defer(async () => {
        journal.note(`start ${index}`);
        await gate.promise;
        journal.note(`end ${index}`);
      });
    });
    const closing = stack.close();
    gates[0].open();
    await nextMacrotask();
    expect(journal.take()).toEqual(['start 1']);
    gates[1].open();
    await closing;
    expect(journal.take()).toEqual(['end 1', 'start 0', 'end 0', 'last']);
  });

  it('starts inside the call: synchronous entries have run when it returns', () => {
    stack.defer(() => { journal.note('deferred'); }); // prettier-ignore
    void stack.close();
    expect(journal.lines).toEqual(['deferred']);
    expect(stack.closed).toBe(true);
  });

  it('goes on when one fails', async () => {
    stack.defer(() => { journal.note('first'); }); // prettier-ignore
    stack.defer(() => Promise.reject(boom));
    expect(await outcome(stack.close())).toBe('rejected boom');
    expect(journal.lines).toEqual(['first']);
  });

  describe('a second close from outside', () => {
    it('waits for the first', async () => {
      const gate = new Gate();
      stack.defer(() => gate.promise);
      let second = 'waiting';
      const first = stack.close();
      void stack.close().then((answer) => (second = String(answer)));
      await nextMacrotask();
      expect(second).toBe('waiting');
      gate.open();
      await first;
      await nextMacrotask();
      expect(second).toBe('false');
    });

    it('does not repeat its error', async () => {
      stack.defer(() => Promise.reject(boom));
      const [first, second] = [stack.close(), stack.close()].map(outcome);
      expect(await first).toBe('rejected boom');
      expect(await second).toBe('resolved false');
      expect(await outcome(stack.close())).toBe('resolved false');
      expect(await outcome(stack[asyncDispose]())).toBe('resolved undefined');
    });

    it('does not repeat that something was suppressed', async () => {
      stack.push(() => true);
      expect(await outcome(stack.close(failure))).toBe('resolved true');
      expect(await outcome(stack.close(failure))).toBe('resolved false');
    });
  });

  it('a close from the synchronous part of a release of the same stack is a no-op that does not wait', async () => {
    stack.defer(() => { journal.note('first'); }); // prettier-ignore
    stack.defer(async () => {
      const inner = stack.close();
      journal.note(await outcome(inner));
    });
    expect(await outcome(stack.close())).toBe('resolved false');
    expect(journal.lines).toEqual(['resolved false', 'first']);
  });

  it('the same holds from the synchronous part of a release that comes after one that took its time', async () => {
    stack.defer(async () => {
      journal.note(await outcome(stack.close()));
    });
    stack.defer(() => nextMacrotask());
    expect(await outcome(stack.close())).toBe('resolved false');
    expect(journal.lines).toEqual(['resolved false']);
  });

  it('the same holds from a release of something that was entered', async () => {
    await stack.enter(journal.resource('a'));
    await stack.enter(journal.resource('b', { release: () => stack.close() }));
    expect(await outcome(stack.close())).toBe('resolved false');
    expect(journal.lines.slice(2)).toEqual(['-b complete', '-b ok', '-a complete']);
  });

  describe('answers', () => {
    it.each<[string, Exit | undefined, string]>([
      ['nothing given', undefined, 'resolved false'],
      ['complete', { kind: 'complete' }, 'resolved false'],
      ['unsubscribe', { kind: 'unsubscribe' }, 'resolved false'],
      ['an error', failure, 'rejected boom'],
      ['an error that is undefined', { kind: 'error', error: undefined }, 'rejected undefined'],
    ])('%s', async (_, exit, expected) => {
      stack.defer(() => true);
      expect(await outcome(stack.close(exit))).toBe(expected);
      const held = await lease(journal.resource('a', { release: () => true }));
      expect(await outcome(held.release(exit))).toBe(expected);
    });

    it.each<[string, Exit | undefined, string]>([
      ['complete', undefined, 'resolved false'],
      ['unsubscribe', { kind: 'unsubscribe' }, 'resolved false'],
      ['an error, suppressed', failure, 'resolved true'],
    ])('where an entry suppresses: %s', async (_, exit, expected) => {
      stack.push(() => true);
      expect(await outcome(stack.close(exit))).toBe(expected);
      const held = await lease(journal.resource('a', { exit: () => true }));
      expect(await outcome(held.release(exit))).toBe(expected);
    });

    it('false where an entry suppressed a failing release and the exit was none', async () => {
      stack.push(() => true);
      stack.defer(() => Promise.reject(boom));
      expect(await outcome(stack.close())).toBe('resolved false');
    });

    it('with a rejection where a release fails after the error was suppressed', async () => {
      stack.defer(() => Promise.reject(new Error('later')));
      stack.push(() => true);
      expect(await outcome(stack.close(failure))).toBe('rejected later');
    });
  });

  it('refuses what is no exit', async () => {
    expect(await outcome(stack.close({ kind: 'other' } as never))).toBe('rejected TypeError');
  });

  describe('an enter that is pending at close', () => {
    const enter = (part: Parameters<Journal['resource']>[1]): [Gate<string>, Promise<string>] => {
      const gate = new Gate<string>();
      return [gate, outcome(stack.enter(journal.resource('a', { acquire: () => gate.promise, ...part })))];
    };

    it('is awaited, released with the frozen exit, and rejects with ClosedError', async () => {
      stack.defer(() => { journal.note('deferred'); }); // prettier-ignore
      const [gate, entering] = enter({});
      const closing = outcome(stack.close(failure));
      await nextMacrotask();
      expect(journal.take()).toEqual(['+a']);
      gate.open('a');
      expect(await entering).toBe('rejected ClosedError');
      expect(await closing).toBe('rejected boom');
      expect(journal.take()).toEqual(['+a ok', '-a error boom', 'deferred']);
    });

    it('may still suppress the exit', async () => {
      const [gate, entering] = enter({ exit: () => true });
      const closing = outcome(stack.close(failure));
      gate.open('a');
      expect([await entering, await closing]).toEqual(['rejected ClosedError', 'resolved true']);
    });

    it('rejects with its own error where it fails', async () => {
      const [gate, entering] = enter({});
      const closing = outcome(stack.close());
      gate.fail(boom);
      expect([await entering, await closing]).toEqual(['rejected boom', 'resolved false']);
      expect(await reported()).toEqual([]);
    });
  });

  it('an enter that comes to nothing because its resource suppressed its own failure rejects with EmptyError', async () => {
    const nothing: Resource<unknown> = combine([
      journal.resource('a', { exit: () => true }),
      resource({ acquire: () => Promise.reject<string>(boom) }),
    ]);
    await expect(stack.enter(nothing)).rejects.toBeInstanceOf(EmptyError);
    await expect(lease(nothing)).rejects.toBeInstanceOf(EmptyError);
    await stack.close();
  });

  it('ClosedError names what was refused', async () => {
    await stack.close();
    const error: unknown = await stack.enter(journal.resource('late')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).toMatchObject({ resource: 'late', code: 'RXSCOPE_CLOSED' });
  });

  describe('Lease#release likewise', () => {
    it('releases once; a second call waits for the first and does not repeat its error', async () => {
      const gate = new Gate();
      const held = await lease(journal.resource('a', { release: () => gate.promise }));
      let second = 'waiting';
      const first = outcome(held.release());
      void outcome(held.release()).then((answer) => (second = answer));
      await nextMacrotask();
      expect(second).toBe('waiting');
      gate.fail(boom);
      expect(await first).toBe('rejected boom');
      await nextMacrotask();
      expect(second).toBe('resolved false');
      expect(journal.lines).toEqual(['+a', '-a complete', '-a ok']);
    });

    it('by `await using` as well', async () => {
      const held = await lease(journal.resource('a', { release: () => of(1) }));
      expect(await outcome(held[asyncDispose]())).toBe('resolved undefined');
      expect(journal.lines).toEqual(['+a', '-a complete', '-a ok']);
    });
  });
});
