import type { Resource } from '../../../lib/index.js';
import { pageSize, sdkServer, type SdkServer, type WireFormat } from './sdk-server.js';

const token = (page: number): string => Buffer.from(`page ${String(page)}`).toString('base64');

/** Amazon SQS, `ListQueues`: the AWS JSON 1.0 protocol, an opaque `NextToken`, signed requests. */
const format: WireFormat = {
  name: 'SQS',
  contentType: 'application/x-amz-json-1.0',

  pageAsked({ method, headers, body }, pages) {
    const isCall =
      method === 'POST' &&
      headers['x-amz-target'] === 'AmazonSQS.ListQueues' &&
      headers['content-type'] === 'application/x-amz-json-1.0' &&
      (headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256 ');
    const { MaxResults, NextToken } = JSON.parse(body) as { MaxResults?: number; NextToken?: string };
    if (!isCall || MaxResults !== pageSize) return undefined;
    return NextToken === undefined ? 1 : pages.find(({ number }) => token(number) === NextToken)?.number;
  },

  pageAnswer: ({ number, names, isLast }, url) => ({
    body: {
      // A page without queues has no list at all.
      ...(names.length > 0 && { QueueUrls: names.map((name) => `${url}/000000000000/${name}`) }),
      ...(!isLast && { NextToken: token(number + 1) }),
    },
  }),

  errorAnswer: (message) => ({ status: 400, body: { __type: 'com.amazonaws.sqs#InvalidAddress', message } }),
};

/** Queues whose names are given by pages. */
export function sqsServer(pages: readonly (readonly string[])[]): Resource<SdkServer> {
  return sdkServer(format, pages);
}
