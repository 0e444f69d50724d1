import { listSources } from '../support/sources.js';

/** Files of lib without a spec of their own, each with the reason. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['core/awaitable.ts', 'a type only: spec/types/awaitable.spec.ts'],
  ['core/leaf.ts', 'puts records of one shape together; each resource made with it has its spec'],
  ['core/entering.ts', 'glue of four operators: acquire-timeout, or-else, release-timeout and retry-acquire specs'],
  ['core/consuming.ts', 'what consume() and lastValue() are made of: consume and first-value specs'],
  ['core/release-waiter.ts', 'what awaitRelease() and consume() have in common: await-release and consume specs'],
  ['core/switching.ts', 'the subscriber of switchResource(): switch-resource.spec.ts'],
  ['core/enter-stack.ts', 'how ExitStack#enter works: exit-stack.spec.ts'],
  ['core/upstream.ts', 'the end of switchResource() that is subscribed to its source: switch-resource.spec.ts'],
  ['core/combine-concurrently.ts', 'combine() with options: combine.spec.ts runs every case in four ways'],
  ['core/enter-members.ts', 'the entering half of it: combine.spec.ts'],
  ['core/close-members.ts', 'the releasing half of it: combine.spec.ts'],
  ['adapters/node/sink.ts', 'how toWritable() writes: to-writable.spec.ts'],
]);

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
