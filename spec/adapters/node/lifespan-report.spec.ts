import { formatReport, type LifespanReport } from '../../../lib/adapters/node/index.js';

const report: LifespanReport = {
  name: 'api',
  cause: { kind: 'signal', signal: 'SIGTERM' },
  started: true,
  startTook: 100,
  took: 1234.4,
  forced: 'deadline',
  steps: [
    { name: 'database', start: 'started', startTook: 5, stop: 'forced', stopTook: 0, errors: [] },
    { name: 'cache', start: 'started', startTook: 5, stop: 'failed', stopTook: 12.4, errors: [new TypeError('no')] },
    { name: 'queue', start: 'failed', startTook: 7, stop: 'none', stopTook: 0, errors: ['refused'] },
  ],
  beacons: [{ name: 'import', end: 'ended', took: 20 }],
  uncaught: [],
  open: [{ name: 'database', state: 'exiting' }],
  keepsAlive: [
    { type: 'Timeout', count: 2 },
    { type: 'TCPSocketWrap', count: 1 },
  ],
};

describe('formatReport', () => {
  it('prints a line for each step, the last one first, and what is left', () => {
    expect(formatReport(report)).toBe(
      [
        'api stopped in 1234 ms: SIGTERM, forced by deadline',
        '  import: ended after 20 ms',
        '  queue: start failed after 7 ms (refused)',
        '  cache: failed after 12 ms (TypeError: no)',
        '  database: forced after 0 ms',
        '  still open: database (exiting)',
        '  keeps the process alive: 2 Timeout, 1 TCPSocketWrap',
      ].join('\n'),
    );
  });

  it('leaves out what there is nothing to say of', () => {
    const nothing = { ...report, forced: null, steps: [], beacons: [], open: [], keepsAlive: [] };
    expect(formatReport(nothing)).toBe('api stopped in 1234 ms: SIGTERM');
  });
});
