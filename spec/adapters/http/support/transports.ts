import * as undici from 'undici';
import * as undici6 from 'undici-6';
import type { HttpClientOptions } from '../../../../lib/adapters/http/index.js';

/** Connections that are not closed by us stay longer than any test. */
const agent = { keepAliveTimeout: 600_000 };

/** What requests are sent with: both majors of undici with connections of the client's own, and the platform. */
export const transports: readonly (readonly [string, Pick<HttpClientOptions, 'undici' | 'agent'>])[] = [
  ['undici 7', { undici, agent }],
  ['undici 6', { undici: undici6, agent }],
  ["the platform's fetch", {}],
];

/** Those of which connections are the client's. */
export const pools = transports.slice(0, 2);
