import type { ClientPort, QueryPort } from './client-port.js';
import { Session } from './session.js';

/** What is known of the connection: of the client itself, or of the one that a transaction has. */
export function sessionOf(client: QueryPort): Session | null {
  const { client: inner } = client as { readonly client?: unknown };
  for (const candidate of [client, inner]) if (isClient(candidate)) return Session.of(candidate);
  return null;
}

function isClient(value: unknown): value is ClientPort {
  return typeof (value as Partial<ClientPort> | null | undefined)?.connect === 'function';
}
