import { hashTagged, lockNames } from '../../../lib/adapters/redis/lock-names.js';

/** The part of a key that Redis Cluster finds its slot by: what stands between the first brace and the next one that closes. */
function hashed(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open < 0 || close < 0 || close === open + 1 ? key : key.slice(open + 1, close);
}

describe('lockNames', () => {
  it('puts all names of a lock into one slot', () => {
    const { lock, fence, channel } = lockNames('lock:', 'orders');
    expect({ lock, fence, channel }).toEqual({
      lock: 'lock:{orders}',
      fence: 'lock:{orders}:fence',
      channel: 'lock:{orders}:free',
    });
    expect(hashed(fence)).toBe(hashed(lock));
  });

  it.each([
    ['lock:', 'orders:{eu}:7', 'lock:orders:{eu}:7'],
    ['{app}:', 'orders', '{app}:orders'],
    ['', 'orders', '{orders}'],
    ['lock:', 'a{b', 'lock:a{b'],
  ])('keeps the slot that is asked for: %s and %s', (prefix, key, name) => {
    expect(hashTagged(prefix, key)).toBe(name);
  });

  it.each(['plain', 'with:{tag}', 'x{y}z{u}'])('has one slot for all of %s', (key) => {
    const { lock, fence } = lockNames('lock:', key);
    expect(hashed(fence)).toBe(hashed(lock));
  });
});
