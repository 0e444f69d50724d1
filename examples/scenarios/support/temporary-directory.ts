import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resource, type Resource } from 'rxscope';

/** A directory that is removed, with what is in it. */
export function temporaryDirectory(): Resource<string> {
  return resource({
    name: 'temporary directory',
    acquire: () => mkdtemp(join(tmpdir(), 'rxscope-example-')),
    release: (path) => rm(path, { recursive: true, force: true }),
  });
}
