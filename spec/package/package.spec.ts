import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readEntryPoints } from '../support/entry-points.js';
import { root } from '../support/sources.js';

interface Manifest {
  readonly devDependencies: Readonly<Record<'rxjs', string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

const entryPoints = readEntryPoints(root);
const subpaths = entryPoints.map(({ specifier }) => specifier);

/** Prints the kinds of all exports of a module, however it was loaded. */
const printKinds = `(exports) => console.log(JSON.stringify(
  Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value]))))`;

/** An empty project that has the packed package and its peer installed. */
let consumer = '';

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function node(script: string, inputType: 'module' | 'commonjs'): string {
  return run(process.execPath, `--input-type=${inputType}`, '--eval', script);
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
    format: 'esm',
    metafile: true,
    platform: 'node',
    write: false,
  });
  return Object.keys(metafile.inputs).filter((file) => file.startsWith('node_modules/rxscope/'));
}

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), 'rxscope-consumer-'));
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'pipe' });
  execFileSync('npm', ['pack', '--pack-destination', consumer], { cwd: root, stdio: 'pipe' });
  const [tarball = ''] = readdirSync(consumer).filter((file) => file.endsWith('.tgz'));
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }');
  const peer = `rxjs@${manifest.devDependencies.rxjs}`;
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, peer);
}, 180_000);

afterAll(() => {
  rmSync(consumer, { recursive: true, force: true });
});

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

  describe.each(subpaths.slice(1))('%s beside the main entry', (subpath) => {
    const ownFolder = `adapters/${subpath.replace('rxscope/', '')}/`;

    it('brings nothing into a bundle but its own folder', async () => {
      const main = await bundledFiles(`export * from 'rxscope';`);
      const both = await bundledFiles(`export * from 'rxscope'; export * from '${subpath}';`);
      const added = both.filter((file) => !main.includes(file));
      expect(added.length).toBeGreaterThan(0);
      expect(added.filter((file) => !file.startsWith(`node_modules/rxscope/dist/esm/${ownFolder}`))).toEqual([]);
    });

    it('loads nothing into Node but its own folder', () => {
      const script = `
        require('rxscope');
        const main = new Set(Object.keys(require.cache));
        require('${subpath}');
        console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !main.has(file))));`;
      const added = JSON.parse(node(script, 'commonjs')) as string[];
      expect(added.length).toBeGreaterThan(0);
      expect(added.filter((file) => !file.includes(`/rxscope/dist/cjs/${ownFolder}`))).toEqual([]);
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

const connection: Resource<{ id: number }> = resource({
  acquire: () => Promise.resolve({ id: 1 }),
  release: (value, exit) => [value.id, exit.kind],
});

export const ids: Observable<number> = using(connection, ({ id }) => of(id));
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
