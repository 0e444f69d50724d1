/** Everything that has to be there before the first measurement: the peers, the built library, the compiled benchmark. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);
const built = join(root, 'dist/esm/index.js');
/** Below node_modules, where the peers are found and where no other tool looks. */
const compiled = join(bench, 'node_modules/.cache/rxscope-bench');

/** The file that a measuring process runs, and the environment that it needs. */
export interface Prepared {
  readonly entry: string;
  readonly library: string;
}

/** `library` is another build to measure instead of the one in dist. */
export function prepare(library = built): Prepared {
  if (!arePeersInstalled()) npm('Installing the peers', 'ci', '--prefix', bench);
  if (!existsSync(library)) npm('Building the library', 'run', 'build');
  if (library === built && isOutdated()) console.log('Measuring a build that is older than lib: npm run build');
  compile();
  return { entry: join(compiled, 'measure/child.js'), library };
}

function arePeersInstalled(): boolean {
  const manifest = JSON.parse(readFileSync(join(bench, 'package.json'), 'utf8')) as { devDependencies: object };
  return Object.keys(manifest.devDependencies).every((peer) => existsSync(join(bench, 'node_modules', peer)));
}

function isOutdated(): boolean {
  const lib = join(root, 'lib');
  const builtAt = statSync(built).mtimeMs;
  return readdirSync(lib, { recursive: true }).some((file) => statSync(join(lib, String(file))).mtimeMs > builtAt);
}

function npm(purpose: string, ...args: string[]): void {
  console.log(`${purpose}: npm ${args.join(' ')}`);
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} has failed.`);
}

/**
 * Measuring processes run without tsx: it wraps every function that has a name, and its `await using` is esbuild's. The
 * compiler of the library leaves functions alone and takes `await using` from tslib, which is one of the peers.
 */
function compile(): void {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    importHelpers: true,
    inlineSourceMap: true,
  };
  rmSync(compiled, { recursive: true, force: true });
  for (const folder of ['measure', 'workloads']) {
    mkdirSync(join(compiled, folder), { recursive: true });
    for (const file of readdirSync(join(bench, folder))) {
      const source = readFileSync(join(bench, folder, file), 'utf8');
      const { outputText } = ts.transpileModule(source, { fileName: file, compilerOptions: options });
      writeFileSync(join(compiled, folder, file.replace(/\.ts$/, '.js')), outputText);
    }
  }
  writeFileSync(join(compiled, 'package.json'), '{ "type": "module" }\n');
}
