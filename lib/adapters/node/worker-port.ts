import type { Transferable } from 'node:worker_threads';

/** A worker as {@link workerThread} uses it: what it needs of Node's `Worker`. */
export interface WorkerPort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'exit', listener: (code: number) => void): unknown;
  on(event: 'message' | 'messageerror' | 'error', listener: (value: unknown) => void): unknown;
  off(event: 'exit', listener: (code: number) => void): unknown;
  off(event: 'message' | 'messageerror' | 'error', listener: (value: unknown) => void): unknown;
  terminate(): Promise<unknown>;
}

/** The other side, as {@link serveCalls} uses it: what it needs of Node's `parentPort`. */
export interface ParentPort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  close(): void;
}

/** What is sent to a worker. Results are sent when they are asked for; `call` asks for the first. */
export type ToWorker =
  | { readonly rxscope: 'call'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly rxscope: 'ask' | 'cancel'; readonly id: number }
  | { readonly rxscope: 'close' };

/** What a worker answers: one of `value`, `last` (a value and the end), `end` and `error` to each `call` and `ask`. */
export type FromWorker =
  | { readonly rxscope: 'ready' }
  | { readonly rxscope: 'value' | 'last'; readonly id: number; readonly value: unknown }
  | { readonly rxscope: 'end'; readonly id: number }
  | { readonly rxscope: 'error'; readonly id: number; readonly error: PackedError }
  | { readonly rxscope: 'closed'; readonly error?: PackedError };

/** What answers a call. */
export type CallAnswer = Extract<FromWorker, { readonly id: number }>;

/** What a call has failed with, as it is sent. */
export type PackedError =
  | { readonly thrown: unknown }
  | {
      readonly name: string;
      readonly message: string;
      readonly stack?: string | undefined;
      readonly code?: unknown;
      readonly cause?: PackedError;
    };

/** Whether a message is one of these: a worker may have others to send. */
export function isOurs<M extends ToWorker | FromWorker>(message: unknown): message is M {
  return typeof message === 'object' && message !== null && 'rxscope' in message;
}
