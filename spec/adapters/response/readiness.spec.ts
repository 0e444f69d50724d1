import { NEVER } from 'rxjs';
import { checkReadinessOptions, Readiness, type ReadinessOptions } from '../../../lib/adapters/response/readiness.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { frozen, someFail } from './support/health.js';

describe('Readiness', () => {
  const state = { closing: false, lost: new Set<string>() };
  const readiness = (options: ReadinessOptions = {}): Readiness => new Readiness(state, options);

  beforeEach(() => {
    state.closing = false;
    state.lost.clear();
  });

  it('is in the way of nothing where there is nothing to check', async () => {
    expect(await readiness().obstacle()).toBeNull();
  });

  it('names the checks that fail, without the reason', async () => {
    const obstacle = await readiness({ checks: someFail }).obstacle();
    expect(obstacle).toEqual({ status: 'failing', failing: ['thrown', 'rejected'] });
  });

  it('is there where all checks are fine, also with one that has no value', async () => {
    const checks = { fine: someFail.fine, silent: () => Promise.resolve(undefined) };
    expect(await readiness({ checks }).obstacle()).toBeNull();
  });

  it.each([[10], [undefined]])(
    'takes a check that hangs for one that fails, and aborts it: %p',
    async (checkTimeout) => {
      const scheduler = frozen();
      let isAborted = false;
      const hangs = ({ signal }: { signal: AbortSignal }): typeof NEVER => {
        signal.addEventListener('abort', () => {
          isAborted = true;
        });
        return NEVER;
      };
      const times = checkTimeout === undefined ? {} : { checkTimeout };
      let answered = false;
      const obstacle = readiness({ checks: { hangs }, scheduler, ...times }).obstacle();
      void obstacle.then(() => (answered = true));
      scheduler.maxFrames = (checkTimeout ?? 1_000) - 1;
      scheduler.flush();
      await nextMacrotask();
      expect([isAborted, answered]).toEqual([false, false]);
      scheduler.maxFrames = checkTimeout ?? 1_000;
      scheduler.flush();
      expect(await obstacle).toEqual({ status: 'failing', failing: ['hangs'] });
      expect(isAborted).toBe(true);
    },
  );

  it('names what is lost, and checks nothing then', async () => {
    state.lost.add('line');
    const checks = {
      never: () => {
        throw new Error('It is asked all the same.');
      },
    };
    expect(await readiness({ checks }).obstacle()).toEqual({ status: 'lost', lost: ['line'] });
  });

  it('is over at once when the application is about to close, and waits for the delay', async () => {
    const scheduler = frozen();
    const waiting = readiness({ delay: 500, scheduler });
    state.lost.add('line');
    let isEnded = false;
    const ended = waiting.end().then(() => (isEnded = true));
    expect(state.closing).toBe(true);
    expect(await waiting.obstacle()).toEqual({ status: 'closing' });
    await nextMacrotask();
    expect(isEnded).toBe(false);
    scheduler.flush();
    await ended;
  });

  it('waits for nothing without a delay', async () => {
    const scheduler = frozen();
    await readiness({ scheduler }).end();
    expect(scheduler.actions).toEqual([]);
  });
});

describe('checkReadinessOptions()', () => {
  it.each([{ delay: -1 }, { delay: Number.NaN }, { checkTimeout: -1 }, { checkTimeout: Number.NaN }])(
    'refuses %p',
    (options) => {
      expect(() => {
        checkReadinessOptions(options);
      }).toThrow(RangeError);
    },
  );

  it('takes what is left out', () => {
    expect(() => {
      checkReadinessOptions({});
    }).not.toThrow();
  });
});
