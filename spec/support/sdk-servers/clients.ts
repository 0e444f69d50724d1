import { SQSClient } from '@aws-sdk/client-sqs';
import Stripe from 'stripe';
import { resource, type Resource } from '../../../lib/index.js';
import { loadOctokit } from './octokit.js';
import type { SdkServer } from './sdk-server.js';

/** A client of Amazon SQS that asks `server`, and asks once. */
export function sqsClient({ url }: SdkServer): Resource<SQSClient> {
  return resource({
    name: 'SQS client',
    acquire() {
      // A word to the users of Node 20, on stderr. Nothing here depends on Amazon's next versions.
      process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
      const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
      return new SQSClient({ endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 });
    },
    release: (client) => client.destroy(),
  });
}

const { Octokit: OctokitCore, paginateRest } = loadOctokit();
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const OctokitWithPages = OctokitCore.plugin(paginateRest);

/** Octokit with its pagination plugin, asking `server`. The signal aborts whatever this instance asks. */
export function octokit({ url }: SdkServer, signal?: AbortSignal) {
  return new OctokitWithPages({ baseUrl: url, ...(signal && { request: { signal } }), log: quiet });
}

/** A client of Stripe that asks `server`, and asks once. */
export function stripe({ port }: SdkServer): Stripe {
  return new Stripe('sk_test_none', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function ignore(): void {
  // what fails is told by the error
}
