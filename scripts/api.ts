// Writes the committed list of public names that spec/architecture/public-surface.spec.ts compares with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPublicSurface } from '../spec/support/public-surface.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readPublicSurface(root, 'lib/index.ts').map(({ name }) => `${name}\n`);

mkdirSync(join(root, 'api'), { recursive: true });
writeFileSync(join(root, 'api', 'rxscope.txt'), names.join(''));
