import { main as databaseConnection } from '../../examples/scenarios/05-database-connection.js';
import { main as connectionPool } from '../../examples/scenarios/06-connection-pool.js';
import { main as unitOfWork } from '../../examples/scenarios/07-unit-of-work.js';

/** Runs an example and answers what it returned and, in order, what it logged. */
async function run<T>(main: (log: (line: string) => void) => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const lines: string[] = [];
  const result = await main((line) => lines.push(line));
  return { result, lines };
}

jest.setTimeout(60_000); // each of them may start a database

describe('the scenario examples with a database', () => {
  it('05 closes the connection on every path, and while it connects', async () => {
    const { result, lines } = await run(databaseConnection);
    expect(result).toEqual({ city: 'Trondheim', refused: '22012', lost: 'ResourceLostError', open: 0 });
    expect(lines.filter((line) => line !== 'closed')).toEqual(['done', 'failed: 22012', 'lost: ResourceLostError']);
    expect(lines.slice(0, 2)).toEqual(['closed', 'done']);
  });

  it('06 lends three connections to nine scopes, and rolls back what is not covered', async () => {
    const { result, lines } = await run(connectionPool);
    expect(result).toEqual({ savings: 0, wallet: 50, sent: 5, refused: 3, connections: 3, left: 0 });
    expect(lines).toEqual(Array.from({ length: 3 }, () => 'rolled back: 23514')); // check_violation
  });

  it('07 commits what completes, and nothing else', async () => {
    const { result, lines } = await run(unitOfWork);
    expect(result).toEqual({ names: ['chair', 'desk', 'lamp'], tries: 2, borrowed: 0 });
    expect(lines).toEqual(['mail about lamp', 'mail about chair', 'failed: 23505', 'working', 'mail about desk']);
  });
});
