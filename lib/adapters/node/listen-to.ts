import type { EventEmitter } from 'node:events';

// What an emitter hands to its listeners is up to the event.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (...args: any[]) => void;

/** Listens, before all who listen already, and answers the undo. */
export function listenTo(emitter: EventEmitter, event: string, listener: Listener): () => void {
  emitter.prependListener(event, listener);
  return () => {
    emitter.off(event, listener);
  };
}

/**
 * The same, as long as somebody else listens: for events that Node has an answer of its own to where nobody does. To take
 * part in `'upgrade'`, for one, would make every request for an upgrade wait for an answer that never comes.
 */
export function listenAlong(emitter: EventEmitter, event: string, listener: Listener): () => void {
  let undo: (() => void) | null = null;
  const join = (): void => {
    if (undo !== null) return;
    undo = () => undefined; // joining is a new listener as well
    undo = listenTo(emitter, event, listener);
  };
  const leave = (): void => {
    undo?.();
    undo = null;
  };
  if (emitter.listenerCount(event) > 0) join();
  const undoJoin = listenTo(emitter, 'newListener', (name) => {
    if (name === event) join();
  });
  const undoLeave = listenTo(emitter, 'removeListener', (name) => {
    if (name === event && emitter.listenerCount(event) === 1) leave();
  });
  return () => {
    undoLeave(); // first: what is undone next is a listener removed
    undoJoin();
    leave();
  };
}
