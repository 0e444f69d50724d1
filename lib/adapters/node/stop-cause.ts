import type { Exit } from '../../core/index.js';

/** Why an application stops. */
export type StopCause =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** Nobody has caught an error. */
  | { readonly kind: 'uncaught'; readonly error: unknown }
  /** By `stop()` of the lifespan, told `reason`, or by `stopOn`, which has emitted it. */
  | { readonly kind: 'request'; readonly reason: unknown }
  /** The body has completed. */
  | { readonly kind: 'complete' }
  /** Starting has failed, or the body has, or what a step holds was lost. */
  | { readonly kind: 'error'; readonly error: unknown }
  /** Who subscribed has left. */
  | { readonly kind: 'unsubscribe' };

/** What is told to whatever is released because of it. Being stopped is no failure of theirs, nor the end of their work. */
export function exitOf(cause: StopCause): Exit {
  if (cause.kind === 'error' || cause.kind === 'uncaught') return { kind: 'error', error: cause.error };
  return { kind: cause.kind === 'complete' ? 'complete' : 'unsubscribe' };
}

/** In a few words. */
export function describeCause(cause: StopCause): string {
  switch (cause.kind) {
    case 'signal':
      return cause.signal;
    case 'uncaught':
      return `uncaught ${messageOf(cause.error)}`;
    case 'error':
      return messageOf(cause.error);
    case 'request':
      return cause.reason === undefined ? 'request' : `request (${messageOf(cause.reason)})`;
    default:
      return cause.kind;
  }
}

/** An error in a line: its name and what it says. */
export function messageOf(error: unknown): string {
  return error instanceof Object && 'message' in error ? `${nameOf(error)}: ${String(error.message)}` : String(error);
}

function nameOf(error: object): string {
  return 'name' in error && typeof error.name === 'string' ? error.name : 'Error';
}
