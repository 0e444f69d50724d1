// Draws the diagrams in documents and doc comments, and the pictures in docs/images, again. What spec/diagrams compares with.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { drawAll } from './book.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = drawAll(root);

rmSync(join(root, 'docs/images'), { recursive: true, force: true });
mkdirSync(join(root, 'docs/images'), { recursive: true });
for (const { path, text } of pages) {
  const isPicture = path.endsWith('.svg');
  if (isPicture || readFileSync(join(root, path), 'utf8') !== text) writeFileSync(join(root, path), text);
}
