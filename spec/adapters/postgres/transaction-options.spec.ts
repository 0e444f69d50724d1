import { asapScheduler } from 'rxjs';
import {
  nestedSettings,
  transactionSettings,
  type TransactionOptions,
} from '../../../lib/adapters/postgres/transaction-options.js';

describe('the options of a transaction', () => {
  it.each<[TransactionOptions, string]>([
    [{}, 'BEGIN'],
    [{ isolation: 'serializable' }, 'BEGIN ISOLATION LEVEL SERIALIZABLE'],
    [{ isolation: 'repeatable read', readOnly: false }, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE'],
    [{ readOnly: true, deferrable: true }, 'BEGIN READ ONLY DEFERRABLE'],
    [{ deferrable: false }, 'BEGIN NOT DEFERRABLE'],
    [
      { statementTimeout: 10, idleTimeout: 0 },
      'BEGIN; SET LOCAL statement_timeout = 10; SET LOCAL idle_in_transaction_session_timeout = 0',
    ],
  ])('%j begin it with %s', (options, begin) => {
    expect(transactionSettings(options).begin).toBe(begin);
  });

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [{ isolation: 'snapshot' }, TypeError],
    [{ isolation: 'serializable; DROP TABLE users' }, TypeError],
    [{ statementTimeout: 1.5 }, RangeError],
    [{ statementTimeout: '1; DROP TABLE users' }, RangeError],
    [{ idleTimeout: 2 ** 31 }, RangeError],
    [{ timeout: -1 }, RangeError],
    [{ rollbackTimeout: NaN }, RangeError],
    [{ commitTimeout: '5' }, RangeError],
    [{ abort: 'kill' }, TypeError],
    [{ siblings: 'parallel' }, TypeError],
    [{ isolationLevel: 'serializable' }, TypeError],
    [null, TypeError],
  ])('%j are refused', (options, error) => {
    expect(() => transactionSettings(options as TransactionOptions)).toThrow(error);
  });

  it('have defaults', () => {
    expect(transactionSettings({})).toMatchObject({
      name: 'transaction',
      timeout: Infinity,
      rollbackTimeout: 5_000,
      commitTimeout: Infinity,
      abort: 'cancel',
      siblings: 'wait',
    });
  });

  describe('of a nested one', () => {
    const outer = transactionSettings({
      name: 'outer',
      timeout: 10,
      rollbackTimeout: 7,
      abort: 'wait',
      siblings: 'refuse',
      scheduler: asapScheduler,
    });

    it('are those of the one around it, but for its name and its limit', () => {
      const inherited = { rollbackTimeout: 7, abort: 'wait', siblings: 'refuse', scheduler: asapScheduler };
      expect(nestedSettings(outer, {})).toMatchObject({ ...inherited, name: 'savepoint', timeout: Infinity });
      expect(nestedSettings(outer, { abort: 'cancel', timeout: 3, name: 'inner' })).toMatchObject({
        ...inherited,
        abort: 'cancel',
        timeout: 3,
        name: 'inner',
      });
    });

    it.each<TransactionOptions>([
      { isolation: 'serializable' },
      { readOnly: true },
      { deferrable: true },
      { statementTimeout: 1 },
      { idleTimeout: 1 },
      { commitTimeout: 1 },
    ])('cannot be %j: that is said in BEGIN', (options) => {
      expect(() => nestedSettings(outer, options)).toThrow('outermost');
    });
  });
});
