import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../support/sources.js';

/** What becomes of a process that leaves a pool open. Nobody ends it from outside: one that were to hang would hang here. */
function outcome(scenario: string, unref: 'unref' | 'ref'): string {
  const fixture = join(__dirname, 'pool-process.fixture.ts');
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', fixture, scenario, unref], {
    cwd: root,
    encoding: 'utf8',
  });
  return stdout === '' ? stderr : stdout;
}

describe('a process with a pool that is never closed (P15)', () => {
  it.each(['idle', 'down', 'somebody has waited', 'somebody has left', 'borrowed'])(
    'ends by itself: %s',
    (scenario) => {
      expect(outcome(scenario, 'unref')).toBe('ended by itself');
    },
  );

  it.each(['idle', 'down', 'borrowed'])('is kept alive with `unref: false`: %s', (scenario) => {
    expect(outcome(scenario, 'ref')).toBe('kept alive');
  });

  it.each(['somebody waits', 'down for somebody'])('is kept alive for whoever waits: %s', (scenario) => {
    expect(outcome(scenario, 'unref')).toBe('kept alive');
  });
});
