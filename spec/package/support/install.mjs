// Before the specs of this project: builds and packs the package, and installs it in an empty project, once for them all.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Beside the package's own peer. Nest's current major is of ES modules alone, which those of Jest's are not. */
const nest = [
  ...['common', 'core', 'platform-express'].map((name) => `@nestjs/${name}@12.5.1`),
  '@nestjs/platform-fastify@12.5.0',
];

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
    const peers = ['rxjs', 'reflect-metadata'].map((name) => `${name}@${devDependencies[name]}`);
    run(consumer, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, ...peers, ...nest);
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
