import { EventEmitter } from 'node:events';
import { NEVER, Observable, of, Subject } from 'rxjs';
import { serveCalls, type CallContext, type ParentPort } from '../../../lib/adapters/node/index.js';
import { resource, type Resource } from '../../../lib/index.js';
import { Gate, Journal } from '../../support/journal.js';
import { microtasks } from '../../support/microtasks.js';
import { rejection } from '../../support/rejection.js';

/** The port of a worker, in hand: what is sent is noted, what comes in is said. */
class Port extends EventEmitter implements ParentPort {
  readonly sent: unknown[] = [];
  isClosed = false;

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  close(): void {
    this.isClosed = true;
  }

  /** Says something, and answers what was sent since the last time. */
  async say(...messages: object[]): Promise<unknown[]> {
    for (const message of messages) this.emit('message', message);
    await microtasks();
    return this.sent.splice(0);
  }
}

const call = (id: number, name: string, input?: unknown): object => ({ rxscope: 'call', id, name, input });

describe('serveCalls', () => {
  it('is ready when what it serves has been entered, and releases that when it is closed', async () => {
    const journal = new Journal();
    const gate = new Gate();
    const held = resource({
      acquire: () => gate.promise.then(() => ({ one: () => 1 })),
      release: async () => journal.note('released'),
    });
    const port = new Port();
    const served = serveCalls(held, { port });
    expect(await port.say()).toEqual([]);
    gate.open();
    expect(await port.say()).toEqual([{ rxscope: 'ready' }]);
    expect(await port.say(call(1, 'one'))).toEqual([{ rxscope: 'last', id: 1, value: 1 }]);
    expect(await port.say({ rxscope: 'close' })).toEqual([{ rxscope: 'closed' }]);
    await served;
    expect([journal.lines, port.isClosed, port.eventNames()]).toEqual([['released'], true, []]);
  });

  it('fails, with its port closed, where entering fails', async () => {
    const boom = new Error('no model');
    const port = new Port();
    const failing: Resource<Record<string, never>> = resource({
      acquire: () => {
        throw boom;
      },
    });
    expect(await rejection(serveCalls(failing, { port }))).toBe(boom);
    expect([port.isClosed, port.sent]).toEqual([true, []]);
  });

  it('fails where what it serves is lost', async () => {
    const dies = new Subject<string>();
    const port = new Port();
    const served = serveCalls(resource({ acquire: () => ({}), lost: () => dies }), { port });
    await microtasks();
    dies.next('gone');
    expect(await rejection(served)).toHaveProperty('name', 'ResourceLostError');
    expect(port.isClosed).toBe(true);
  });

  it('fails outside of a worker, where it is given no port', async () => {
    expect(await rejection(serveCalls({}))).toHaveProperty(
      'message',
      'Expected to run in a worker thread, or a port to answer at.',
    );
  });

  const serving = async (calls: Record<string, (input: never, context: CallContext) => unknown>): Promise<Port> => {
    const port = new Port();
    void serveCalls(calls, { port });
    await port.say();
    return port;
  };
  const closed = async (port: Port): Promise<void> => {
    expect(await port.say({ rxscope: 'close' })).toContainEqual({ rxscope: 'closed' });
  };

  it('makes a result when it is asked for one', async () => {
    const made: number[] = [];
    const port = await serving({
      async *count() {
        for (let n = 1; n < 3; n++) {
          made.push(n);
          yield n;
        }
      },
    });
    expect(await port.say(call(1, 'count'))).toEqual([{ rxscope: 'value', id: 1, value: 1 }]);
    expect(made).toEqual([1]);
    expect(await port.say({ rxscope: 'ask', id: 1 })).toEqual([{ rxscope: 'value', id: 1, value: 2 }]);
    expect(await port.say({ rxscope: 'ask', id: 1 })).toEqual([{ rxscope: 'end', id: 1 }]);
    expect(await port.say({ rxscope: 'ask', id: 1 }, { rxscope: 'cancel', id: 1 })).toEqual([]);
    await closed(port);
  });

  it('calls functions of an object with that as their receiver', async () => {
    class Model {
      private readonly factor = 3;
      times(n: number): number {
        return n * this.factor;
      }
    }
    const port = new Port();
    void serveCalls(new Model(), { port });
    await port.say();
    expect(await port.say(call(1, 'times', 5))).toEqual([{ rxscope: 'last', id: 1, value: 15 }]);
    await closed(port);
  });

  it('tells that a call has ended only when it has, once', async () => {
    const gate = new Gate<number>();
    let reason: unknown;
    const port = await serving({
      slow: (_input: undefined, { signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason as unknown;
        });
        return gate.promise;
      },
    });
    expect(await port.say(call(1, 'slow'), { rxscope: 'cancel', id: 1 }, { rxscope: 'cancel', id: 1 })).toEqual([]);
    expect(reason).toHaveProperty('name', 'AbortError');
    gate.open(1);
    expect(await port.say()).toEqual([{ rxscope: 'end', id: 1 }]);
    await closed(port);
  });

  it('takes a failure that the abort has led to for the end, and any other for a failure', async () => {
    const failing = (error: (reason: unknown) => unknown) => (_input: undefined, context: CallContext) =>
      new Promise<never>((_, reject) => {
        context.signal.addEventListener('abort', () => {
          reject(error(context.signal.reason));
        });
      });
    const port = await serving({
      itself: failing((reason) => reason),
      wrapped: failing((reason) => new Error('stopped', { cause: new Error('no answer', { cause: reason }) })),
      named: failing(() => Object.assign(new Error('canceled'), { name: 'CanceledError' })), // that of axios
      other: failing(() => new Error('broke')),
      empty: failing(() => undefined),
    });
    const names = ['itself', 'wrapped', 'named', 'other', 'empty'];
    await port.say(...names.map((name, id) => call(id, name)));
    expect(await port.say(...names.map((_, id) => ({ rxscope: 'cancel', id })))).toMatchObject([
      { rxscope: 'end', id: 0 },
      { rxscope: 'end', id: 1 },
      { rxscope: 'end', id: 2 },
      { rxscope: 'error', id: 3, error: { message: 'broke' } },
      { rxscope: 'error', id: 4, error: { thrown: undefined } },
    ]);
    await closed(port);
  });

  it('tells what leaving an iteration fails with', async () => {
    const port = await serving({
      async *count() {
        try {
          yield 1;
        } finally {
          throw new RangeError('not closed'); // eslint-disable-line no-unsafe-finally
        }
      },
    });
    await port.say(call(1, 'count'));
    expect(await port.say({ rxscope: 'cancel', id: 1 })).toMatchObject([
      { rxscope: 'error', id: 1, error: { name: 'RangeError', message: 'not closed' } },
    ]);
    await closed(port);
  });

  it('cancels on closing what is under way, and waits for that', async () => {
    const journal = new Journal();
    const gate = new Gate();
    const port = await serving({
      observed: () => new Observable<never>(() => () => { journal.note('left'); }), // prettier-ignore
      waits: () => gate.promise,
      never: () => NEVER,
    });
    await port.say(call(1, 'observed'), call(2, 'waits'), call(3, 'never'));
    const ended = await port.say({ rxscope: 'close' });
    expect(ended).toEqual(expect.arrayContaining([{ rxscope: 'end', id: 1 }, { rxscope: 'end', id: 3 }])); // prettier-ignore
    expect(ended).toHaveLength(2);
    expect(journal.lines).toEqual(['left']);
    gate.open();
    expect(await port.say()).toEqual([{ rxscope: 'end', id: 2 }, { rxscope: 'closed' }]);
  });

  it('answers for functions and iterators that throw at once', async () => {
    const broken = { next: () => { throw new Error('of next'); } }; // prettier-ignore
    const port = await serving({
      opens: () => ({ [Symbol.asyncIterator]: () => { throw new Error('of opening'); } }), // prettier-ignore
      asks: () => ({ [Symbol.asyncIterator]: () => broken }),
    });
    const answers = await port.say(call(1, 'opens'), call(2, 'asks'), call(3, 'missing'));
    expect(answers).toMatchObject([
      { rxscope: 'error', id: 1, error: { message: 'of opening' } },
      { rxscope: 'error', id: 3, error: { name: 'TypeError' } },
      { rxscope: 'error', id: 2, error: { message: 'of next' } },
    ]);
    await closed(port);
  });

  it('does not look at messages of others', async () => {
    const port = await serving({ one: () => of(1) });
    for (const message of [null, 'text', 5, {}]) port.emit('message', message);
    expect(await port.say(call(1, 'one'))).toEqual([{ rxscope: 'value', id: 1, value: 1 }]);
    await closed(port);
  });
});
