import pg from 'pg';
import { of, throwError, type ObservableInput } from 'rxjs';
import {
  connection,
  transaction,
  type Transaction,
  type TransactionOptions,
  type TransactionState,
} from '../../../lib/adapters/postgres/index.js';
import { Session } from '../../../lib/adapters/postgres/session.js';
import { lastValue, lease, using } from '../../../lib/index.js';
import { done, failed, hangUp, ready, scriptedServer, type Script } from './support/scripted-server.js';

type Tx = Transaction<pg.Client>;

const boom = new Error('boom');

/** What came of a transaction, and of its connection. */
interface Outcome {
  readonly error: unknown;
  readonly state: TransactionState | undefined;
  readonly isCut: boolean;
}

describe('a transaction, when the server answers what it seldom does', () => {
  const outcomeOf = (
    script: Script,
    body: (tx: Tx) => ObservableInput<unknown> = () => of('done'),
    options: TransactionOptions = {},
  ): Promise<Outcome> =>
    lastValue(
      using(scriptedServer(script), async (config) => {
        const client = await lease(connection(() => new pg.Client(config)));
        let tx: Tx | undefined;
        const work = using(transaction(client.value, options), (opened) => body((tx = opened)));
        const error: unknown = await lastValue(work, { defaultValue: null }).then(
          () => null,
          (reason: unknown) => reason,
        );
        const isCut = Session.of(client.value).isGone;
        await client.release().catch(() => undefined); // lost, where it was cut
        return { error, state: tx?.state, isCut };
      }),
    );

  describe('to COMMIT', () => {
    it.each(['40001', '23505'])('no (%s), and goes on: rolled back, and the error passes', async (code) => {
      const outcome = await outcomeOf({ COMMIT: [failed(code), ready('I')] });
      expect(outcome).toMatchObject({ error: { code }, state: 'rolled back', isCut: false });
    });

    it.each(['40003', '08006', '57P01'])('that it does not know (%s), and goes on: unknown', async (code) => {
      const outcome = await outcomeOf({ COMMIT: [failed(code), ready('I')] });
      expect(outcome).toMatchObject({
        error: { code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN', resource: 'transaction', cause: { code } },
        state: 'unknown',
        isCut: true,
      });
    });

    it.each([
      ['says no more', []],
      ['hangs up', [hangUp]],
    ])('no, and then %s: unknown', async (_, rest) => {
      const outcome = await outcomeOf({ COMMIT: [failed('40001'), ...rest] }, undefined, { rollbackTimeout: 5 });
      expect(outcome).toMatchObject({
        error: { code: 'RXSCOPE_TRANSACTION_OUTCOME_UNKNOWN', cause: { code: '40001' } },
        state: 'unknown',
        isCut: true,
      });
    });

    it('that it has rolled back, of which nobody knows why', async () => {
      const outcome = await outcomeOf({ COMMIT: [done('ROLLBACK'), ready('I')] });
      expect(outcome).toMatchObject({
        error: { code: 'RXSCOPE_TRANSACTION_ABORTED', cause: undefined },
        state: 'rolled back',
        isCut: false,
      });
    });
  });

  describe('to ROLLBACK', () => {
    it('no, and goes on: the connection is cut, and who failed is told', async () => {
      const outcome = await outcomeOf({ ROLLBACK: [failed('XX000'), ready('T')] }, () => throwError(() => boom));
      expect(outcome).toMatchObject({
        error: {
          suppressed: boom,
          error: { code: 'RXSCOPE_TRANSACTION_ROLLBACK', resource: 'transaction', cause: { code: 'XX000' } },
        },
        state: 'rolled back',
        isCut: true,
      });
    });

    it('nothing, and hangs up: rolled back, and what the body failed with passes', async () => {
      const outcome = await outcomeOf({ ROLLBACK: [hangUp] }, () => throwError(() => boom));
      expect(outcome).toEqual({ error: boom, state: 'rolled back', isCut: true });
    });
  });

  describe('to RELEASE SAVEPOINT', () => {
    const nesting = (script: Script): Promise<Outcome & { readonly inner: TransactionState | undefined }> => {
      let inner: Tx | undefined;
      const body = (tx: Tx) =>
        using(transaction(tx), (opened) => {
          inner = opened;
          return of('done');
        });
      return outcomeOf(script, body).then((outcome) => ({ ...outcome, inner: inner?.state }));
    };

    it('no, and goes on: it is undone alone', async () => {
      const outcome = await nesting({
        'ROLLBACK TO': [done('ROLLBACK'), done('RELEASE'), ready('T')],
        RELEASE: [failed('25P02'), ready('E')],
      });
      expect(outcome).toMatchObject({
        error: { code: 'RXSCOPE_TRANSACTION_ABORTED', resource: 'savepoint', cause: { code: '25P02' } },
        inner: 'rolled back',
        isCut: false,
      });
    });

    it('nothing, and hangs up: rolled back, with what is around it', async () => {
      const outcome = await nesting({ RELEASE: [hangUp] });
      expect(outcome).toMatchObject({ inner: 'rolled back', state: 'rolled back', isCut: true });
    });

    it('no, and no to going back either: the connection is cut', async () => {
      const outcome = await nesting({
        'ROLLBACK TO': [failed('3B001'), ready('E')],
        RELEASE: [failed('25P02'), ready('E')],
      });
      expect(outcome).toMatchObject({ inner: 'rolled back', state: 'rolled back', isCut: true });
      expect(outcome.error).toMatchObject({
        error: { code: 'RXSCOPE_TRANSACTION_ROLLBACK', cause: { code: '3B001' } },
      });
    });
  });
});
