import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

import { fill, imagesOf, placesOf } from './places.js';
import { record } from './record.js';
import { scenes } from './scenes.js';
import { drawSvg } from './svg.js';
import { drawText } from './text.js';

/** A file that has diagrams in it, or is one, and what it has to say. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** All that is generated, as it should be: documents and sources with their diagrams drawn, and the pictures they show. */
export function drawAll(root: string): Page[] {
  const files = listFiles(root).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const pages = files.filter(({ text }) => placesOf(text).length > 0);
  const images = new Set(files.filter(({ path }) => path.endsWith('.md')).flatMap(({ text }) => imagesOf(text)));
  return [
    ...pages.map(({ path, text }) => ({ path, text: fill(text, (name) => drawText(play(name))) })),
    ...[...images].sort().map((name) => ({ path: `docs/images/${name}.svg`, text: drawSvg(play(name)) })),
  ];
}

/** The scenes that no document and no picture shows. */
export function unusedScenes(root: string): string[] {
  const texts = listFiles(root).map((path) => readFileSync(join(root, path), 'utf8'));
  const used = new Set(texts.flatMap((text) => [...placesOf(text).map(({ name }) => name), ...imagesOf(text)]));
  return scenes.map(({ name }) => name).filter((name) => !used.has(name));
}

function play(name: string) {
  const scene = scenes.find((candidate) => candidate.name === name);
  if (scene === undefined) throw new Error(`There is no scene "${name}" in scripts/diagrams/scenes.ts.`);
  return record(scene);
}

function listFiles(root: string): string[] {
  const below = (folder: string, ending: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(ending))
      .map((path) => `${folder}/${path.split(sep).join('/')}`)
      .sort();
  return ['README.md', ...below('docs', '.md'), ...below('lib', '.ts')];
}
