// Writes the committed lists of public names that spec/architecture/public-surface.spec.ts compares with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEntryPoints } from '../spec/support/entry-points.js';
import { readPublicSurface } from '../spec/support/public-surface.js';

const root = fileURLToPath(new URL('..', import.meta.url));

mkdirSync(join(root, 'api'), { recursive: true });
for (const { source, report } of readEntryPoints(root)) {
  const names = readPublicSurface(root, source).map(({ name }) => `${name}\n`);
  writeFileSync(join(root, report), names.join(''));
}
