import { drawnByHand, fill, imagesOf, placesOf } from '../../scripts/diagrams/places.js';

const comment = [
  '/**',
  ' * Text.',
  ' *',
  ' * ```marbles one',
  ' * old',
  ' *   lines',
  ' * ```',
  ' *',
  ' * ```marbles two',
  ' * ```',
  ' */',
].join('\n');

describe('placesOf', () => {
  it('finds the fences of doc comments and what is in them, without the margin', () => {
    expect(placesOf(comment)).toEqual([
      { name: 'one', lines: ['old', '  lines'] },
      { name: 'two', lines: [] },
    ]);
  });

  it('finds those of documents, and no others', () => {
    expect(placesOf('```ts\na;\n```\n\n```marbles one\na--|\n```\n')).toEqual([{ name: 'one', lines: ['a--|'] }]);
  });
});

describe('fill', () => {
  it('changes the text of the fences and nothing else', () => {
    expect(fill(comment, (name) => [`${name} -|`, '  $& |'])).toBe(
      comment
        .replace(' * old\n *   lines\n', ' * one -|\n *   $$& |\n')
        .replace('two\n', 'two\n * two -|\n *   $$& |\n'),
    );
  });
});

describe('imagesOf', () => {
  it('names the pictures that a document shows', () => {
    expect(imagesOf('![a](docs/images/one.svg) [b](../images/two.svg) ![c](three.svg)')).toEqual(['one', 'two']);
  });
});

describe('drawnByHand', () => {
  it('finds drawings that no fence is around', () => {
    expect(drawnByHand('/**\n *     source  --a--|\n *\n *     nothing else\n */')).toEqual(['source  --a--|']);
    expect(drawnByHand(comment.replace('old', '    old --a--|'))).toEqual([]);
  });
});
