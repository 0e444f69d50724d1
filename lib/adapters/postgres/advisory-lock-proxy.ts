import type { ClientPort, QueryPort } from './client-port.js';
import { ProxiedSessionError } from './errors.js';

/** Those that were found to lead to the server itself. */
const direct = /* @__PURE__ */ new WeakSet<ClientPort>();

/**
 * Refuses a client behind a proxy: what it was told of its process when it connected is not what the server says.
 * A client that was told nothing is asked twice. Looked at once for each connection.
 */
export async function checkProxy(client: ClientPort, name: string): Promise<void> {
  if (direct.has(client)) return;
  const told = client.processID ?? (await askProcess(client));
  const found = await askProcess(client);
  if (told !== found) {
    throw new ProxiedSessionError(
      `"${name}" needs a session of its own, and the client is connected to a proxy, not to the server: it was told of ` +
        `process ${String(told)} and talks to ${String(found)}. Connect to the server itself; or take the lock in a ` +
        "transaction, with level: 'transaction'; or, where the proxy gives each client a session, say proxy: 'session'.",
      { resource: name },
    );
  }
  direct.add(client);
}

/** The process that serves the session. */
export async function askProcess(client: QueryPort): Promise<number> {
  const { rows } = await client.query<{ process: number }>('SELECT pg_backend_pid() AS process');
  return processOf(rows);
}

export function processOf(rows: readonly { readonly process: number }[]): number {
  return Number(rows[0]?.process);
}
