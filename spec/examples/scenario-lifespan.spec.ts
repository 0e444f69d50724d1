import { main } from '../../examples/scenarios/16-lifespan.js';
import { Program } from '../adapters/node/support/program.js';

jest.setTimeout(60_000);

describe('scenario 16, the lifespan of an application', () => {
  it('drains before it stops, unwinds a start that fails, and cancels one that is told to stop', async () => {
    const lines: string[] = [];
    const result = await main((line) => lines.push(line));
    expect(result).toEqual({
      ready: [200, 503],
      live: 200,
      steps: ['job done', 'journal stopped', 'server stopped'],
      failed: 'EADDRNOTAVAIL',
      cancelled: 'no value',
    });
    expect(lines).toEqual([
      ...['journal opened', 'server listens'],
      ...['/ready: 200', '/jobs: 200', '/stop: 200', '/ready: 503', '/live: 200'],
      'journal closed: opened, job of one that is draining',
      ...['journal opened', 'journal closed: opened'],
      ...['journal opened', 'model gives up loading', 'journal closed: opened'],
    ]);
  });

  it('serves until it is told to end, and ends in order', async () => {
    const program = await Program.built('examples/scenarios/16-lifespan.ts');
    try {
      const process = program.start('--serve');
      await process.printed('Ctrl-C ends it');
      const [, url = ''] = /serving (\S+);/.exec(process.lines.join()) ?? [];
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      process.signal('SIGINT');
      expect(await process.ended).toEqual({ code: 130, signal: null });
      expect(process.lines.slice(4)).toEqual([
        'journal closed: opened',
        expect.stringMatching(/^application stopped in \d+ ms: SIGINT$/),
        expect.stringMatching(/^ {2}server: stopped after \d+ ms$/),
        expect.stringMatching(/^ {2}journal: stopped after \d+ ms$/),
      ]);
      expect(process.complaint).toBe('');
    } finally {
      await program.killAll();
      program.remove();
    }
  });
});
