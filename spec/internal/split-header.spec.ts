import { splitHeader } from '../../lib/internal/split-header.js';

describe('splitHeader', () => {
  it.each([
    ['a, b ,c', ',', ['a', 'b', 'c']],
    ['', ',', ['']],
    ['a;;b', ';', ['a', '', 'b']],
    ['"a, b", c', ',', ['"a, b"', 'c']],
    ['a;b, c;d', ',', ['a;b', 'c;d']],
    [String.raw`"a\", b", c`, ',', [String.raw`"a\", b"`, 'c']],
    [String.raw`\, b`, ',', ['\\', 'b']],
    ['"a, b', ',', ['"a, b']],
    ['"\\', ',', ['"\\']],
  ] as const)('splits %j at %j', (text, separator, parts) => {
    expect(splitHeader(text, separator)).toEqual(parts);
  });

  it.each([',', '"', '\\', '"\\', '",', ' '])('reads a megabyte of %j', (text) => {
    expect(splitHeader(text.repeat(1_000_000 / text.length), ',').length).toBeGreaterThan(0);
  });
});
