export type { HttpClientOptions } from './client-options.js';
export type { HttpClientStats, HttpOriginStats } from './client-stats.js';
export {
  BodyTimeoutError,
  ConnectTimeoutError,
  HeadersTimeoutError,
  HttpError,
  HttpNetworkError,
  HttpParseError,
  HttpRedirectError,
  HttpStatusError,
  HttpTimeoutError,
  TotalTimeoutError,
  type HttpErrorOptions,
  type HttpPhase,
  type HttpStatusErrorOptions,
  type HttpTimeoutErrorOptions,
} from './errors.js';
export type {
  DispatcherPort,
  FetchInit,
  FetchPort,
  FetchedBody,
  FetchedReader,
  FetchedResponse,
  UndiciPort,
} from './fetch-port.js';
export { httpClient } from './http-client.js';
export { HttpClient, type HttpMethodOptions, type HttpReadOptions } from './http-client-class.js';
export { HttpResponse } from './http-response.js';
export type { RequestBody, StreamBody } from './request-body.js';
export type { DefaultHeaders, HeadersContext, HeadersInput } from './request-headers.js';
export type { HttpRequestOptions, HttpRetryOptions, HttpTimeouts, RedirectPolicy } from './request-options.js';
export type { QueryInput, QueryValue } from './request-url.js';
export type { ServerSentEvent } from './server-sent-events.js';
export type { LineOptions } from './split-lines.js';
