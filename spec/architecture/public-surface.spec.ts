import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntryPoints } from '../support/entry-points.js';
import { readPublicSurface } from '../support/public-surface.js';
import { root } from '../support/sources.js';

const entryPoints = readEntryPoints(root);

describe('package.json', () => {
  it('has the main entry first, and a list in api/ for each entry point', () => {
    expect(entryPoints[0]).toEqual({ specifier: 'rxscope', source: 'lib/index.ts', report: 'api/rxscope.txt' });
    const lists = readdirSync(join(root, 'api')).map((file) => `api/${file}`);
    expect(lists.sort()).toEqual(entryPoints.map(({ report }) => report).sort());
  });
});

describe.each(entryPoints)('$specifier', ({ source, report }) => {
  // One program for all checks: starting the compiler is what takes the time here.
  const surface = readPublicSurface(root, source);

  it(`exports the names committed in ${report}; \`npm run api\` writes it again`, () => {
    const committed = readFileSync(join(root, report), 'utf8').trim().split('\n');
    expect(surface.map(({ name }) => name)).toEqual(committed);
  });

  it('documents each of them where it is declared', () => {
    expect(surface.filter(({ documented }) => !documented).map(({ name }) => name)).toEqual([]);
  });
});
