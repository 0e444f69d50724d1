import { main } from '../../examples/scenarios/17-request-scope.js';

jest.setTimeout(60_000); // it starts a database

describe('the scenario of a request scope', () => {
  it('17 commits what was answered, and rolls back what failed and what was left', async () => {
    const lines: string[] = [];
    const result = await main((line) => lines.push(line));
    expect(result).toEqual({ answers: [200, 500], guests: ['/ada'] });
    expect([...lines].sort()).toEqual([
      '/ada complete',
      '/bob hangs up: AbortError',
      '/bob unsubscribe',
      '/mallory error',
    ]);
  });
});
