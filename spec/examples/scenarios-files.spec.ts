import { createHash } from 'node:crypto';
import { main as files } from '../../examples/scenarios/12-files.js';
import { main as temporaryFile } from '../../examples/scenarios/13-temporary-file.js';

/** Runs an example and answers what it returned and, in order, what it logged. */
async function run<T>(main: (log: (line: string) => void) => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const lines: string[] = [];
  const result = await main((line) => lines.push(line));
  return { result, lines };
}

describe('the scenario examples of files', () => {
  it('12 reads no more than it needs, closes what it has opened, and replaces a file as a whole', async () => {
    const { result, lines } = await run(files);
    const text = 'start\nerror: disk\nerror: net\nok\nerror: late\n';
    expect(result).toEqual({
      errors: ['error: disk', 'error: net'],
      digest: createHash('sha256').update(text).digest('hex').slice(0, 8),
      summaries: ['none yet', '2 errors'],
      open: 0,
    });
    expect(lines).toEqual(['Error: out of ideas']);
  });

  it('13 removes what is temporary on every path, unless it is told to keep it', async () => {
    const { result, lines } = await run(temporaryFile);
    expect(result).toEqual({ first: 'apple', mode: '600', left: [false, false, false, true] });
    expect(lines).toEqual(['Error: no more ink', 'Error: what was that?']);
  });
});
