import { getEventListeners } from 'node:events';
import { timer } from 'rxjs';
import { andThen, lastValue, resource, retryAcquire, using } from '../../lib/index.js';

describe('A part that looks at its signal', () => {
  it('leaves no listener on the signal of the whole when it is over', async () => {
    let signal: AbortSignal | undefined;
    let tries = 0;
    const listeners = (): number => getEventListeners(signal as AbortSignal, 'abort').length;
    const part = resource({
      acquire: async (context) => {
        expect(context.signal.aborted).toBe(false);
        tries += 1;
        if (tries < 30) throw new Error('not yet');
      },
    });
    const whole = resource({
      acquire: (context) => {
        signal = context.signal;
      },
    }).pipe(andThen(() => part.pipe(retryAcquire({ delay: () => timer(0) }))));
    expect(await lastValue(using(whole, () => [listeners()]))).toBeLessThanOrEqual(1);
    expect(tries).toBe(30);
    expect(listeners()).toBe(0);
  });
});
