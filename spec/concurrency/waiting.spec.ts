import { AsyncLocalStorage } from 'node:async_hooks';
import { NEVER } from 'rxjs';
import { semaphore, using } from '../../lib/index.js';
import { Line } from '../../lib/concurrency/line.js';
import { Waiting } from '../../lib/concurrency/waiting.js';
import { shared } from '../../lib/core/engine/shared.js';

describe('Waiting', () => {
  let told: unknown[];
  let left: Waiting[];
  const boom = new Error('boom');

  beforeEach(() => {
    [told, left] = [[], []];
  });

  const make = (): Waiting => new Waiting({ left: (one) => void left.push(one) }, null, 1, 0);
  const sink = { value: (value: unknown) => told.push(value), error: (error: unknown) => told.push([error]) };

  it('tells nothing before its turn', () => {
    make().answer(sink);
    expect(told).toEqual([]);
  });

  it('tells the one who waits what it is served with, inside the call', () => {
    const one = make();
    one.answer(sink);
    one.serve('token');
    expect(told).toEqual(['token']);
  });

  it('tells why it is refused', () => {
    const one = make();
    one.answer(sink);
    one.refuse(boom);
    expect(told).toEqual([[boom]]);
  });

  describe('settled()', () => {
    it('is itself as long as it waits', () => {
      const one = make();
      expect(one.settled()).toBe(one);
    });

    it('is the token where it was served before anybody asked', () => {
      const one = make();
      one.serve('token');
      expect(one.settled()).toBe('token');
    });

    it('throws where it was refused', () => {
      const one = make();
      one.refuse(boom);
      expect(() => one.settled()).toThrow(boom);
    });
  });

  it('tells where it waits that its consumer leaves, as long as it is in the line', () => {
    const one = make();
    const line = new Line(Infinity, () => 0);
    line.join(one);
    const cancel = one.answer(sink);
    cancel.unsubscribe();
    expect(left).toEqual([one]);
    line.leave(one);
    cancel.unsubscribe();
    expect(left).toEqual([one]);
    expect(told).toEqual([]);
  });

  describe('where the runtime keeps something for the code that waits', () => {
    const store = new AsyncLocalStorage<string>();

    beforeEach(() => {
      shared.snapshot = () => {
        const run = AsyncLocalStorage.snapshot() as (callback: () => void) => void;
        return run;
      };
    });

    afterEach(() => {
      shared.snapshot = null;
    });

    it('puts that back when it is served, whoever lets go', () => {
      const one = semaphore(1);
      const seen: (string | undefined)[] = [];
      const come = (): void => {
        using(one.permit, () => {
          seen.push(store.getStore());
          return [];
        }).subscribe();
      };
      const holder = store.run('holder', () => using(one.permit, () => NEVER).subscribe());
      store.run('first', come);
      store.run('second', come);
      store.run('somebody else', () => {
        holder.unsubscribe();
      });
      expect(seen).toEqual(['first', 'second']);
    });

    it('puts that back when it is refused', () => {
      const two = semaphore(2);
      const seen: (string | undefined)[] = [];
      const holder = two.permits(2).subscribe();
      store.run('heavy', () => {
        using(two.permits(2), () => NEVER).subscribe({ error: () => seen.push(store.getStore()) });
      });
      store.run('somebody else', () => {
        two.resize(1);
      });
      expect(seen).toEqual(['heavy']);
      holder.unsubscribe();
    });
  });
});
