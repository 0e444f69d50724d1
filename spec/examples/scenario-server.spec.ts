import { main } from '../../examples/scenarios/15-server.js';

describe('the scenario of a server', () => {
  it('15 finishes what is under way, sends away who comes late, and names what it cuts', async () => {
    const lines: string[] = [];
    const result = await main((line) => lines.push(line));
    expect(result).toEqual({
      finished: 'all figures',
      cut: ['GET /report', 'ECONNRESET'],
      shouted: 'HELLO, GOODBYE',
    });
    expect(lines).toEqual(['hello', 'ECONNREFUSED', 'drained, 0 connections cut', 'connection over', 'server closed']);
  });
});
