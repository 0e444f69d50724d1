import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Core from '@octokit/core';
import type * as PaginateRest from '@octokit/plugin-paginate-rest';
import { root } from '../sources.js';

type Packages = Pick<typeof Core, 'Octokit'> & Pick<typeof PaginateRest, 'paginateRest'>;

/**
 * Octokit and its pagination plugin. They are published as ES modules only, which jest cannot load on Node 20, so they
 * are bundled first, as they are in many applications.
 */
export function loadOctokit(): Packages {
  const directory = mkdtempSync(join(tmpdir(), 'rxscope-octokit-'));
  try {
    const outfile = join(directory, 'octokit.cjs');
    const contents = `export { Octokit } from '@octokit/core'; export { paginateRest } from '@octokit/plugin-paginate-rest';`;
    buildSync({ stdin: { contents, resolveDir: root }, bundle: true, platform: 'node', format: 'cjs', outfile });
    return createRequire(__filename)(outfile) as Packages;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
