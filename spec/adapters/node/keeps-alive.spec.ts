import { createServer } from 'node:net';
import { once } from 'node:events';
import { eventually } from '../../support/eventually.js';
import { keepsAlive } from '../../../lib/adapters/node/index.js';
import { claimStops } from '../../../lib/adapters/node/process-stops.js';

const countOf = (type: string): number => keepsAlive().find((one) => one.type === type)?.count ?? 0;

describe('keepsAlive', () => {
  it('counts what the event loop waits for, by kind', async () => {
    const before = countOf('TCPServerWrap');
    const servers = [createServer(), createServer()];
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    expect(countOf('TCPServerWrap')).toBe(before + 2);
    servers[0]?.unref();
    expect(countOf('TCPServerWrap')).toBe(before + 1);
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
    // Node tells of a handle until its closing has been acknowledged.
    await eventually('the servers are gone', () => countOf('TCPServerWrap') === before);
  });

  it('does not count what keeps the process alive for those who wait for a signal', () => {
    const open = (): number => process.getActiveResourcesInfo().filter((type) => type === 'MessagePort').length;
    const [before, counted] = [open(), countOf('MessagePort')];
    const claim = claimStops({ signals: ['SIGUSR2'], uncaught: false, echo: 0, stop: noop, force: noop, note: noop });
    expect(open()).toBe(before + 1);
    expect(countOf('MessagePort')).toBe(counted);
    claim.release();
  });
});

function noop(): void {}
