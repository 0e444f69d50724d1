import { asapScheduler, concat, defer, of, throwError, toArray, type SchedulerLike } from 'rxjs';
import { inTransaction, type ClientPort, type InTransactionOptions } from '../../../lib/adapters/postgres/index.js';
import { consume, lastValue, settled } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { rejection } from '../../support/rejection.js';

/** A client that answers whatever it is asked, or fails as told, and writes it down. */
class FakeClient {
  readonly sent: string[] = [];
  commit = (): Promise<{ command: string }> => Promise.resolve({ command: 'COMMIT' });

  query = (text: string): Promise<unknown> => {
    this.sent.push(text);
    return text === 'COMMIT' ? this.commit() : Promise.resolve({ command: text, rows: [], rowCount: 0 });
  };
  on = (): this => this;
  removeListener = (): this => this;
  end = (): Promise<void> => Promise.resolve();
  connect = (): Promise<void> => Promise.resolve();

  get port(): ClientPort {
    return this as unknown as ClientPort;
  }
}

const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' });
const fast: InTransactionOptions = { retry: { initial: 0 } };

describe('inTransaction', () => {
  let client: FakeClient;
  let tries: number;
  /** A body that fails so many times, then answers. */
  const failing =
    (times: number, error: unknown = conflict) =>
    () => {
      tries += 1;
      return tries <= times
        ? concat(
            of(`lost ${tries}`),
            throwError(() => error),
          )
        : of('a', 'b');
    };
  const run = (body: () => ReturnType<ReturnType<typeof failing>>, options: InTransactionOptions) =>
    lastValue(inTransaction(client.port, body, options).pipe(toArray()));

  beforeEach(() => {
    client = new FakeClient();
    tries = 0;
  });

  it('is using() where no retry is asked for: values pass at once, and the first error is the last', async () => {
    expect(await rejection(run(failing(1), {}))).toBe(conflict);
    expect(tries).toBe(1);
    expect(await rejection(run(failing(9), { retry: false }))).toBe(conflict);
    expect(tries).toBe(2);
  });

  it('gives the values of the try that was committed, and no others', async () => {
    expect(await run(failing(2), fast)).toEqual(['a', 'b']);
    expect(client.sent).toEqual(['BEGIN', 'ROLLBACK', 'BEGIN', 'ROLLBACK', 'BEGIN', 'COMMIT']);
  });

  it.each([
    ['5 times by default', true, 6],
    ['so many times', 2, 3],
    ['so many times, by option', { count: 1, initial: 0 }, 2],
    ['not once', 0, 1],
  ] as const)('tries again %s, then passes on the last error', async (_, retry, expected) => {
    const options = retry === true ? { retry: { initial: 0 } } : { retry };
    expect(await rejection(run(failing(99), options))).toBe(conflict);
    expect(tries).toBe(expected);
  });

  it('does not try again what it does not help against', async () => {
    const boom = new Error('boom');
    expect(await rejection(run(failing(1, boom), fast))).toBe(boom);
    expect(tries).toBe(1);
  });

  it('tries again what somebody has wrapped, and what the user says', async () => {
    expect(await run(failing(1, new Error('wrapped', { cause: conflict })), fast)).toEqual(['a', 'b']);
    tries = 0;
    const when = (error: unknown): boolean => error === 'busy';
    expect(await run(failing(1, 'busy'), { retry: { when, initial: 0 } })).toEqual(['a', 'b']);
  });

  it('tries again when COMMIT itself is refused, and not when it is not answered', async () => {
    const commit = client.commit;
    client.commit = () => {
      client.commit = commit;
      return Promise.reject(conflict);
    };
    expect(await run(failing(0), fast)).toEqual(['a', 'b']);
    expect(client.sent).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT']);
    client.commit = () => Promise.reject(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    expect(await rejection(run(failing(0), { retry: { when: () => true } }))).toMatchObject({
      code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN',
    });
    expect(client.sent.slice(4)).toEqual(['BEGIN', 'COMMIT']);
  });

  it('does not try again what is committed, whatever a hook fails with', async () => {
    const work = inTransaction(
      client.port,
      (tx) => {
        tries += 1;
        tx.afterCommit(() => Promise.reject(conflict));
        return of('done');
      },
      fast,
    );
    expect(await rejection(lastValue(work))).toMatchObject({ code: 'RXSCOPE_AFTER_COMMIT', cause: conflict });
    expect(tries).toBe(1);
  });

  it('waits longer each time, up to max, and up to half of it less by chance', async () => {
    const waits: number[] = [];
    const scheduler: SchedulerLike = {
      now: () => 0,
      schedule: (work, delay, state) => {
        waits.push(Number(delay));
        return asapScheduler.schedule(work as never, 0, state);
      },
    };
    const retry = { count: 5, initial: 10, max: 50, random: () => 0.5 };
    await rejection(run(failing(99), { scheduler, rollbackTimeout: Infinity, retry }));
    expect(waits).toEqual([7.5, 15, 30, 37.5, 37.5]);
  });

  it('is left while it waits for the next try', async () => {
    const work = inTransaction(client.port, failing(99), { retry: { initial: 1e6 } });
    const left = consume(work);
    await eventually('it is rolled back', () => client.sent.length === 2);
    await left.close();
    await settled();
    expect([tries, client.sent]).toEqual([1, ['BEGIN', 'ROLLBACK']]);
  });

  it('each subscription is tried on its own', async () => {
    const work = inTransaction(client.port, () => defer(() => of(++tries)), fast);
    expect([await lastValue(work), await lastValue(work)]).toEqual([1, 2]);
  });

  it('refuses options that it does not know or cannot use, at the call', () => {
    const body = () => of(1);
    const wrong = (retry: unknown) => () => inTransaction(client.port, body, { retry } as InTransactionOptions);
    expect(wrong({ times: 3 })).toThrow(TypeError);
    expect(wrong(-1)).toThrow(RangeError);
    expect(wrong(1.5)).toThrow(RangeError);
    expect(wrong({ initial: -1 })).toThrow(RangeError);
    expect(wrong({ max: NaN })).toThrow(RangeError);
    expect(wrong({ when: '40001' })).toThrow(TypeError);
    expect(wrong({ random: 1 })).toThrow(TypeError);
    expect(() => inTransaction(client.port, 'body' as never)).toThrow(TypeError);
  });
});
