import { main } from '../../examples/scenarios/14-http-client.js';

describe('the scenario examples', () => {
  it('14 makes its requests with one client, and leaves no connection', async () => {
    const lines: string[] = [];
    const result = await main((line) => lines.push(line));
    expect(result).toEqual({ first: 'Amok', titles: ['Amok', 'Bambi', 'Chess'], requests: 7 });
    expect(lines).toEqual(['Amok, after 2 retries', 'added Demian', '404: no such book', 'no headers in time']);
  });
});
