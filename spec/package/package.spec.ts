import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readEntryPoints } from '../support/entry-points.js';
import { root } from '../support/sources.js';
import { consumer } from './support/consumer.js';

const entryPoints = readEntryPoints(root);
const subpaths = entryPoints.map(({ specifier }) => specifier);
const [, ...besideMain] = entryPoints;

/** Prints the kinds of all exports of a module, however it was loaded. */
const printKinds = `(exports) => console.log(JSON.stringify(
  Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value]))))`;

function node(script: string, inputType: 'module' | 'commonjs'): string {
  const args = [`--input-type=${inputType}`, '--eval', script];
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What the compiler says about an ES module and a CommonJS module of a consumer, declarations included. */
function typeErrors(source: string, types: { readonly types: string[]; readonly typeRoots?: string[] }): string {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable', 'DOM'],
    module: 'NodeNext',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...types,
  };
  const files = ['consumer.mts', 'consumer.cts'];
  for (const file of files) writeFileSync(join(consumer, file), source);
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [tsc, '-p', consumer], { encoding: 'utf8' }).stdout;
}

/** The files of the package that a bundle of `source` for Node is made of. */
async function bundledFiles(source: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: consumer,
    stdin: { contents: source, resolveDir: consumer },
    bundle: true,
    external: ['@nestjs/*'],
    format: 'esm',
    metafile: true,
    platform: 'node',
    write: false,
  });
  return Object.keys(metafile.inputs).filter((file) => file.startsWith('node_modules/rxscope/'));
}

describe('the packed package', () => {
  describe.each(subpaths)('%s', (subpath) => {
    it('offers the same names to import and to require', () => {
      const imported = node(`import * as all from '${subpath}'; (${printKinds})(all);`, 'module');
      const required = node(`(${printKinds})(require('${subpath}'));`, 'commonjs');
      const names = JSON.parse(imported) as Record<string, string>;
      expect(Object.keys(names).length).toBeGreaterThan(0);
      expect(JSON.parse(required)).toEqual(names);
    }, 30_000);
  });

  it('has using and resource as functions in its main entry', () => {
    const kinds: unknown = JSON.parse(node(`import * as all from 'rxscope'; (${printKinds})(all);`, 'module'));
    expect(kinds).toMatchObject({ using: 'function', resource: 'function' });
  }, 30_000);

  it.each([
    'rxscope/core/scope',
    'rxscope/core/index.js',
    'rxscope/adapters/node/index.js',
    'rxscope/dist/esm/index.js',
    'rxscope/lib/index.ts',
  ])(
    'keeps %s closed',
    (subpath) => {
      const imported = `import('${subpath}').then(() => console.log('open'), (error) => console.log(error.code));`;
      const required = `try { require('${subpath}'); console.log('open'); } catch (error) { console.log(error.code); }`;
      expect(node(imported, 'module').trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
      expect(node(required, 'commonjs').trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
    },
    30_000,
  );

  it('type checks in both kinds of module, its declarations included, without the types of Node', () => {
    expect(typeErrors(consumerSource, { types: [] })).toBe('');
  }, 60_000);

  it('type checks with its entry for Node where the types of Node are installed', () => {
    const nodeTypes = { typeRoots: [join(root, 'node_modules', '@types')], types: ['node'] };
    expect(typeErrors(nodeConsumerSource, nodeTypes)).toBe('');
  }, 60_000);

  it('has no import of a Node built-in in what the main entry loads', async () => {
    const { metafile } = await build({
      absWorkingDir: consumer,
      stdin: { contents: `export * from 'rxscope';`, resolveDir: consumer },
      bundle: true,
      format: 'esm',
      metafile: true,
      platform: 'browser', // refuses a built-in without the node: prefix, too
      external: ['node:*'],
      write: false,
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    expect(imports.filter(({ path }) => path.startsWith('node:'))).toEqual([]);
    expect(Object.keys(metafile.inputs)).toContain('node_modules/rxscope/dist/esm/index.js');
  });

  // What a response of Node is, is the same under every web framework, and a line in every kind of text.
  const frameworks = ['adapters/response/'];
  const texts = ['internal/line-splitter.js', 'internal/split-text.js'];
  const shared: ReadonlyMap<string, readonly string[]> = new Map([
    ['rxscope/fastify', frameworks],
    ['rxscope/nestjs', frameworks],
    ['rxscope/node', texts],
    ['rxscope/http', texts],
  ]);

  describe.each(besideMain)('$specifier beside the main entry', ({ specifier, source }) => {
    // An entry may rest on the one around it, as `rxscope/testing/jest` does.
    const ownFolder = source.replace(/^lib\/(adapters\/[^/]+|[^/]+)\/.*$/, '$1/');
    const isOwn = (file: string, dist: string): boolean =>
      [ownFolder, ...(shared.get(specifier) ?? [])].some((folder) => file.includes(`/rxscope/dist/${dist}/${folder}`));

    it('brings nothing into a bundle but its own folder, and what adapters of its kind share', async () => {
      const main = await bundledFiles(`export * from 'rxscope';`);
      const both = await bundledFiles(`export * from 'rxscope'; export * from '${specifier}';`);
      const added = both.filter((file) => !main.includes(file));
      expect(added.length).toBeGreaterThan(0);
      expect(added.filter((file) => !isOwn(file, 'esm'))).toEqual([]);
    });

    it('loads nothing into Node but the same', () => {
      const script = `
        require('rxscope');
        const main = new Set(Object.keys(require.cache));
        require('${specifier}');
        console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !main.has(file))));`;
      // The peer may be loaded in parts, as `rxjs/testing` is. A framework brings along what it is made of.
      const isPeer = (file: string): boolean =>
        specifier === 'rxscope/nestjs' ? !file.includes('/rxscope/') : /\/node_modules\/rxjs\//.test(file);
      const added = (JSON.parse(node(script, 'commonjs')) as string[]).filter((file) => !isPeer(file));
      expect(added.length).toBeGreaterThan(0);
      expect(added.filter((file) => !isOwn(file, 'cjs'))).toEqual([]);
    }, 30_000);
  });

  it('leaves nothing in a bundle that does not use it', async () => {
    const { outputFiles } = await build({
      stdin: { contents: `import { using } from 'rxscope'; import 'rxscope';`, resolveDir: consumer },
      bundle: true,
      format: 'esm',
      logLevel: 'silent', // esbuild warns that it leaves out what has no side effects: just what is asked for here
      minify: true,
      platform: 'browser',
      write: false,
    });
    expect(outputFiles.map(({ text }) => text.trim())).toEqual(['']);
  });
});

const consumerSource = `
import { type Observable, of } from 'rxjs';
import { resource, using, type Resource } from 'rxscope';
import { testResources, testResourcesAsync, trackResources, type Probe } from 'rxscope/testing';

const connection: Resource<{ id: number }> = resource({
  acquire: () => Promise.resolve({ id: 1 }),
  release: (value, exit) => [value.id, exit.kind],
});

export const ids: Observable<number> = using(connection, ({ id }) => of(id));

export const tested: Promise<void> = testResourcesAsync(({ expectObservable }) => expectObservable(ids).toBe('(a|)'));
testResources(({ probe, expectLifecycle }) => {
  const db: Probe<{ id: number }> = probe('db', { acquire: '-(a|)', value: { id: 1 } });
  expectLifecycle(db).toBe([]);
});
trackResources({ stacks: true }).assertNoLeaks();
`;

const nodeConsumerSource = `
import { createReadStream, createWriteStream } from 'node:fs';
import type { Observable } from 'rxjs';
import { pull } from 'rxscope';
import { fromReadable, toWritable } from 'rxscope/node';

const chunks = fromReadable<string>(() => createReadStream('in', 'utf8'));
export const lengths: Observable<number> = pull(chunks, (chunk) => [chunk.length]);
export const copied: Observable<never> = toWritable(chunks, () => createWriteStream('out'), { end: true });
`;
