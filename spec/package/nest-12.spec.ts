import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumer } from './support/consumer.js';

/** Runs the program on a platform, in the project that has Nest 12 installed; answers the lines it has printed. */
function run(program: string, platform: string): unknown[] {
  copyFileSync(join(__dirname, 'nest', program), join(consumer, program));
  const output = execFileSync(process.execPath, [program, platform], {
    cwd: consumer,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return output
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('rxscope/nestjs on Nest 12', () => {
  it.each(['express', 'fastify'])(
    'keeps resources for requests and for the application, and the process ends by itself, on %s',
    (platform) => {
      expect(run('nest-12.mjs', platform)).toEqual([
        'transaction complete',
        [200, 'transaction on database'],
        'transaction error',
        [500, expect.stringContaining('Internal server error')],
        'session complete',
        [200, 'injected session'],
        [200, JSON.stringify({ status: 'ok' })],
        'left',
        'feed unsubscribe',
        'database complete',
        { open: 0 },
      ]);
    },
    60_000,
  );
});
