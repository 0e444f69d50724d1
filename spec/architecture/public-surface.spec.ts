import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPublicSurface } from '../support/public-surface.js';
import { root } from '../support/sources.js';

// One program for all checks: starting the compiler is what takes the time here.
const surface = readPublicSurface(root, 'lib/index.ts');

describe('the main entry', () => {
  it('exports the names committed in api/rxscope.txt; `npm run api` writes it again', () => {
    const committed = readFileSync(join(root, 'api', 'rxscope.txt'), 'utf8')
      .trim()
      .split('\n');
    expect(surface.map(({ name }) => name)).toEqual(committed);
  });

  it('documents each of them where it is declared', () => {
    expect(surface.filter(({ documented }) => !documented).map(({ name }) => name)).toEqual([]);
  });
});
