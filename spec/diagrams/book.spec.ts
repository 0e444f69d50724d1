import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawAll, unusedScenes, type Page } from '../../scripts/diagrams/book.js';
import { scenes } from '../../scripts/diagrams/scenes.js';

/** What is drawn for a folder with these files. */
function inFolder<T>(files: Readonly<Record<string, string>>, look: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'rxscope-spec-'));
  try {
    for (const folder of ['docs', 'lib']) mkdirSync(join(root, folder));
    for (const [path, text] of Object.entries({ 'README.md': '', ...files })) writeFileSync(join(root, path), text);
    return look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const draw = (files: Readonly<Record<string, string>>): Page[] => inFolder(files, drawAll);

describe('drawAll', () => {
  it('draws again what is out of date in documents and sources', () => {
    const pages = draw({
      'docs/a.md': '```marbles await-release\nold\n```\n',
      'lib/a.ts': '/**\n * ```marbles await-release\n * ```\n */\n',
      'lib/b.ts': '',
    });
    const drawn = ['file          ^----!--|  unsubscribe', 'take(2)       --1--(2|)', 'awaitRelease  --1--2--|'];
    expect(pages).toEqual([
      { path: 'docs/a.md', text: ['```marbles await-release', ...drawn, '```', ''].join('\n') },
      {
        path: 'lib/a.ts',
        text: ['/**', ...['```marbles await-release', ...drawn, '```'].map((line) => ` * ${line}`), ' */', ''].join(
          '\n',
        ),
      },
    ]);
  });

  it('draws the pictures that documents show, each once', () => {
    const pages = draw({ 'README.md': '![a](docs/images/using.svg)', 'docs/a.md': '![a](../images/using.svg)' });
    expect(pages.map(({ path }) => path)).toEqual(['docs/images/using.svg']);
    expect(pages[0]?.text.startsWith('<svg ')).toBe(true);
  });

  it.each(['```marbles missing\n```\n', '![a](docs/images/missing.svg)'])(
    'refuses a name without a scene: %j',
    (text) => {
      expect(() => draw({ 'README.md': text })).toThrow('There is no scene "missing" in scripts/diagrams/scenes.ts.');
    },
  );
});

describe('unusedScenes', () => {
  it('names the scenes that nothing shows', () => {
    const unused = inFolder({ 'README.md': '![a](docs/images/using.svg)' }, unusedScenes);
    expect(unused).toEqual(scenes.map(({ name }) => name).filter((name) => name !== 'using'));
  });
});
