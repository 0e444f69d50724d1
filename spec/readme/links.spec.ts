import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { listDocuments } from '../support/code-blocks.js';
import { listSources, root } from '../support/sources.js';

const files = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...listDocuments()];

describe('Links in documents', () => {
  it.each(files)('of %s lead to files and headings that exist', (file) => {
    expect(brokenLinks(file, readFileSync(join(root, file), 'utf8'))).toEqual([]);
  });

  it('are found broken where the file or the heading is missing', () => {
    const text =
      '# Here\n\n[a](missing.md) [b](#there) [c](README.md#nowhere) [d](README.md#install) [e](https://x.org)';
    expect(brokenLinks('ARCHITECTURE.md', text)).toEqual(['missing.md', '#there', 'README.md#nowhere']);
  });

  it('in code are none', () => {
    expect(brokenLinks('README.md', '# Here\n\n```ts\nlist[0](missing);\n```\n\n`[a](missing.md)`')).toEqual([]);
  });
});

describe('Sources named in documents', () => {
  const sources = ['lib', 'spec', 'examples'].flatMap((folder) =>
    listSources(folder).map((path) => `${folder}/${path}`),
  );

  it.each(files)('by %s are there', (file) => {
    expect(missingSources(readFileSync(join(root, file), 'utf8'), sources)).toEqual([]);
  });

  it('are found missing by their path or by its end', () => {
    expect(missingSources('`core/a.ts` `lib/core/a.ts` `a.ts` `b.ts` `core/b.ts`', ['lib/core/a.ts'])).toEqual([
      'b.ts',
      'core/b.ts',
    ]);
  });
});

/** Names of sources in backticks that no source ends in. The arrow table may name what is yet to come. */
function missingSources(text: string, sources: readonly string[]): string[] {
  const prose = text.replace(/^## The arrow table$[\s\S]*?(?=^## )/m, '');
  return [...prose.matchAll(/`([\w./-]+\.ts)`/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !sources.some((source) => source === name || source.endsWith(`/${name}`)));
}

function brokenLinks(file: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : relative(root, join(root, dirname(file), path));
    if (!existsSync(join(root, target))) return true;
    if (anchor === undefined) return false;
    return !anchorsOf(path === '' ? text : readFileSync(join(root, target), 'utf8')).includes(anchor);
  });
}

function linksOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
}

/** Headings as they are linked to: lower case, spaces as dashes, other marks dropped. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
