import { now } from '../../lib/internal/clock.js';
import { inVirtualTime } from '../support/journal.js';

describe('now', () => {
  it('is the frame in virtual time', () => {
    const seen: number[] = [];
    inVirtualTime((_, { hot }) => {
      hot('a--b').subscribe(() => seen.push(now()));
    });
    expect(seen).toEqual([0, 3]);
  });

  it('reads the clock of the platform otherwise', () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(42);
    try {
      expect(now()).toBe(42);
    } finally {
      clock.mockRestore();
    }
  });
});
