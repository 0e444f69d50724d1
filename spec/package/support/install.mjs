// Before the specs of this project: builds and packs the package, and installs it in an empty project, once for them all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Jest calls this in the process that the workers get their environment from. */
export default function install(_, { rootDir }) {
  const consumer = mkdtempSync(join(tmpdir(), 'rxscope-consumer-'));
  process.env.RXSCOPE_CONSUMER = consumer;
  try {
    run(rootDir, 'npm', 'run', 'build');
    run(rootDir, 'npm', 'pack', '--pack-destination', consumer);
    const [tarball] = readdirSync(consumer).filter((file) => file.endsWith('.tgz'));
    writeFileSync(join(consumer, 'package.json'), '{ "private": true }');
    const { devDependencies } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
    const peer = `rxjs@${devDependencies.rxjs}`;
    run(consumer, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, peer);
  } catch (error) {
    rmSync(consumer, { recursive: true, force: true }); // uninstall.mjs is not called then
    throw error;
  }
}

function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error([`${command} ${args.join(' ')} failed.`, stdout, stderr].join('\n'));
}
