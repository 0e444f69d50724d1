import { root } from '../support/sources.js';
import { readExamples } from '../support/code-blocks-surface.js';
import { readEntryPoints } from '../support/entry-points.js';
import { checkTypes, findBlocks, prepare, runBlock, type Block } from '../support/code-blocks.js';

const blocks = findBlocks().map(prepare);
let typeErrors: ReadonlyMap<Block, readonly string[]>;

beforeAll(() => {
  typeErrors = checkTypes(blocks);
}, 120_000);

describe('Code in documents and doc comments', () => {
  for (const prepared of blocks) {
    const { block, faults } = prepared;
    it(`${block.file}:${String(block.line)} ${block.symbol}`, async () => {
      expect(faults).toEqual([]);
      expect(typeErrors.get(block)).toEqual([]);
      if (block.noRun === null) await runBlock(prepared);
    });
  }
});

describe('Public functions and classes', () => {
  it.each(readEntryPoints(root))('of $specifier have an example', ({ source }) => {
    const without = readExamples(root, source).filter(({ examples }) => examples === 0);
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});
