export { atomicFile, type AtomicFileOptions } from './atomic-file.js';
export { DrainTimeoutError, StopForcedError, WorkerExitError } from './errors.js';
export type { FileReader } from './file-chunks.js';
export { file, type FileOptions } from './file.js';
export { formatError } from './format-error.js';
export { fromReadable } from './from-readable.js';
export { HttpServer, httpServer, type HttpServerOptions } from './http-server.js';
export type { AnyHttpServer } from './http-traffic.js';
export { keepAsyncContext } from './keep-async-context.js';
export { keepsAlive } from './keeps-alive.js';
export { Lifespan } from './lifespan-class.js';
export type { LifespanOptions, StepOptions } from './lifespan-options.js';
export {
  formatReport,
  type BeaconReport,
  type KeepsAlive,
  type LifespanReport,
  type StepReport,
} from './lifespan-report.js';
export type { LifespanState } from './lifespan-state.js';
export { lifespan } from './lifespan.js';
export { readChunks, type ReadChunksOptions } from './read-chunks.js';
export { readLines, type ReadLinesOptions } from './read-lines.js';
export type { MainEnd, MainOptions } from './run-main-options.js';
export { runMain } from './run-main.js';
export type { RequestHandler } from './request-scopes.js';
export type { ConnectionCounts, ConnectionState, CutConnection, DrainReport } from './server-connection.js';
export type { ConnectionContext, ConnectionHandler } from './tcp-connection.js';
export { TcpServer, tcpServer, type TcpServerOptions } from './tcp-server.js';
export { serveCalls, type ServeOptions } from './serve-calls.js';
export type { StopCause } from './stop-cause.js';
export { tempDir } from './temp-dir.js';
export { tempFile, type TempFile, type TempFileOptions } from './temp-file.js';
export type { TempOptions } from './temp-options.js';
export { toWritable, type WritableOptions } from './to-writable.js';
export type { AnyCalls, CallArguments, CallContext, CallOptions, CallResult, WorkerCalls } from './worker-calls.js';
export type { ParentPort, WorkerPort } from './worker-port.js';
export type { WorkerThread } from './worker-thread-class.js';
export { workerThread, type WorkerThreadOptions } from './worker-thread.js';
