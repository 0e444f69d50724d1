import { createHash } from 'node:crypto';
import { keyArguments, lockKey, type LockKey } from '../../../lib/adapters/postgres/lock-key.js';

describe('lockKey', () => {
  it('is the first eight bytes of the SHA-256 of namespace, zero byte and name, signed and big-endian', () => {
    const digest = createHash('sha256').update('shop\0ingest').digest('hex').slice(0, 16);
    expect(BigInt.asUintN(64, lockKey('ingest', 'shop')).toString(16).padStart(16, '0')).toBe(digest);
  });

  it('stays what it is: programs of other versions take the same lock', () => {
    expect(lockKey('ingest')).toBe(-8214221014232027253n);
    expect(lockKey('größe', 'läger')).toBe(lockKey('größe', 'läger'));
  });

  it('tells namespace and name apart', () => {
    const keys = [lockKey('b', 'a'), lockKey('ab'), lockKey('a', 'b'), lockKey('', 'ab'), lockKey('ab', '')];
    expect(new Set(keys).size).toBe(4); // no namespace is the empty one
  });

  it('has no collision among a hundred thousand names', () => {
    const keys = new Set(Array.from({ length: 100_000 }, (_, index) => lockKey(`name ${String(index)}`)));
    expect(keys.size).toBe(100_000);
    for (const key of keys) expect(BigInt.asIntN(64, key)).toBe(key);
  }, 20_000);

  it('refuses what is no string, and what has a zero byte', () => {
    const hasZero = /without a zero byte/;
    expect(() => lockKey(5 as never)).toThrow(TypeError);
    expect(() => lockKey('a\0b')).toThrow(hasZero);
    expect(() => lockKey('a', 'b\0')).toThrow(hasZero);
  });
});

describe('keyArguments', () => {
  it('hashes strings, and tells which namespace they are in', () => {
    expect(keyArguments('ingest')).toEqual({
      text: '$1::int8',
      values: [String(lockKey('ingest'))],
      label: 'ingest',
    });
    expect(keyArguments('ingest', 'shop')).toEqual({
      text: '$1::int8',
      values: [String(lockKey('ingest', 'shop'))],
      label: 'shop:ingest',
    });
  });

  it('takes numbers as they are', () => {
    expect(keyArguments(-5n)).toEqual({ text: '$1::int8', values: ['-5'], label: '-5' });
    expect(keyArguments([1, -2])).toEqual({ text: '$1::int4, $2::int4', values: [1, -2], label: '1,-2' });
  });

  const refused: readonly [LockKey, string | undefined, new () => Error][] = [
    [2n ** 63n, undefined, RangeError],
    [-(2n ** 63n) - 1n, undefined, RangeError],
    [[1, 2 ** 31], undefined, TypeError],
    [[1, 0.5], undefined, TypeError],
    [[1] as never, undefined, TypeError],
    [7 as never, undefined, TypeError],
    [null as never, undefined, TypeError],
    [1n, 'shop', TypeError],
    [[1, 2], 'shop', TypeError],
  ];
  it.each(refused)('refuses %p in namespace %p', (key, namespace, error) => {
    expect(() => keyArguments(key, namespace)).toThrow(error);
  });

  it('takes the largest and the smallest keys', () => {
    expect(keyArguments(2n ** 63n - 1n).values).toEqual(['9223372036854775807']);
    expect(keyArguments(-(2n ** 63n)).values).toEqual(['-9223372036854775808']);
    expect(keyArguments([2 ** 31 - 1, -(2 ** 31)]).values).toEqual([2147483647, -2147483648]);
  });
});
