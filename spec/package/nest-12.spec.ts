import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumer } from './support/consumer.js';

/** Runs the program in the project that has Nest 12 installed; answers the lines it has printed. */
function run(program: string): unknown[] {
  copyFileSync(join(__dirname, 'nest', program), join(consumer, program));
  const output = execFileSync(process.execPath, [program], { cwd: consumer, encoding: 'utf8', timeout: 30_000 });
  return output
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('rxscope/nestjs on Nest 12', () => {
  it('keeps resources for requests and for the application, and the process ends by itself', () => {
    expect(run('nest-12.mjs')).toEqual([
      'transaction complete',
      [200, 'transaction on database'],
      'transaction error',
      [500, expect.stringContaining('Internal server error')],
      [200, JSON.stringify({ status: 'ok' })],
      'left',
      'feed unsubscribe',
      'database complete',
      { open: 0 },
    ]);
  }, 60_000);
});
