import { listSources } from '../support/sources.js';

/** Files of lib without a spec of their own, each with the reason. */
const exceptions: ReadonlyMap<string, string> = new Map();

const needsSpec = (file: string): boolean => !/(^|\/)index\.ts$|\.types\.ts$/.test(file);

describe('spec', () => {
  const specs = new Set(listSources('spec'));
  const files = listSources('lib').filter(needsSpec);

  it('mirrors lib: each file has its spec under the same path', () => {
    const missing = files.filter((file) => !exceptions.has(file) && !specs.has(file.replace(/\.ts$/, '.spec.ts')));
    expect(missing).toEqual([]);
  });

  it('makes no exception for a file that is not there', () => {
    expect([...exceptions.keys()].filter((file) => !files.includes(file))).toEqual([]);
  });
});
