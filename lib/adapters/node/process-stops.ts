import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { monotonicNow } from '../../internal/clock.js';

/** What the process was told, or what happened to it. */
export type ProcessCause =
  { readonly kind: 'signal'; readonly signal: NodeJS.Signals } | { readonly kind: 'uncaught'; readonly error: unknown };

/** Somebody who stops when the process is told to. */
export interface StopClaim {
  readonly signals: readonly NodeJS.Signals[];
  /** Whether it stops for errors that nobody has caught, too. */
  readonly uncaught: boolean;
  /** Milliseconds after the first signal in which another one is taken for its echo. */
  readonly echo: number;
  /** Called once. */
  stop(this: void, cause: ProcessCause): void;
  /** Another signal, after `stop` has been called: it is not to wait for anything any more. */
  force(this: void, signal: NodeJS.Signals): void;
  /** An error that nobody has caught while it stops already. */
  note(this: void, error: unknown): void;
}

/** A claim, and what lets go of it. */
export interface HeldClaim {
  /** Whether somebody else, who came before, stops after this one. */
  isInside(): boolean;
  /** Takes the listeners off, and tells who is next. */
  release(): void;
}

interface Entry {
  readonly claim: StopClaim;
  isTold: boolean;
}

const uncaughtEvents = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Who stops when the process is told to, and in which order: the one that came last goes first, and the one before it is
 * told when that one has gone. So what is inside stops before what is around it.
 *
 * One listener for each event, however many there are, from the first who claims it to the last.
 */
class ProcessStops {
  private claims: Entry[] = [];
  private readonly listened = new Map<string, (...args: unknown[]) => void>();
  private cause: ProcessCause | null = null;
  private since = 0;
  /** A listener on signals keeps no process alive. Who waits for one does, by an open port: a timer could be a virtual one. */
  private hold: MessagePort | null = null;
  /** How many of those there are, with one that is just being closed. */
  ports = 0;

  claim(claim: StopClaim): HeldClaim {
    const entry: Entry = { claim, isTold: false };
    this.claims.push(entry);
    this.listen();
    return {
      isInside: () => this.claims[0] !== entry && this.claims.includes(entry),
      release: () => {
        if (!this.claims.includes(entry)) return;
        this.claims = this.claims.filter((one) => one !== entry);
        this.listen();
        if (this.claims.length === 0) this.cause = null;
        else if (this.cause !== null) this.tellNext(this.cause);
      },
    };
  }

  /** An error that nobody has caught. */
  fail(error: unknown): void {
    const cause: ProcessCause = { kind: 'uncaught', error };
    if (this.cause === null) this.tellFirst(cause);
    else this.claims.find(({ claim }) => claim.uncaught)?.claim.note(error);
  }

  private signalled(signal: NodeJS.Signals): void {
    if (this.cause === null) {
      this.tellFirst({ kind: 'signal', signal });
      return;
    }
    const concerned = this.claims.filter(({ claim }) => claim.signals.includes(signal));
    const echo = concerned.at(-1)?.claim.echo ?? 0;
    if (this.cause.kind === 'signal' && monotonicNow() - this.since < echo) return;
    for (const entry of concerned.reverse()) {
      this.tell(entry, this.cause);
      entry.claim.force(signal);
    }
  }

  private tellFirst(cause: ProcessCause): void {
    this.cause = cause;
    this.since = monotonicNow();
    this.tellNext(cause);
  }

  /** Tells the one that came last, unless it is at it already. */
  private tellNext(cause: ProcessCause): void {
    const concerned = this.claims.filter(({ claim }) =>
      cause.kind === 'signal' ? claim.signals.includes(cause.signal) : claim.uncaught,
    );
    const next = concerned.at(-1);
    if (next !== undefined) this.tell(next, cause);
  }

  private tell(entry: Entry, cause: ProcessCause): void {
    if (entry.isTold) return;
    entry.isTold = true;
    entry.claim.stop(cause);
  }

  /** Listens to what somebody has claimed, and to nothing else. */
  private listen(): void {
    const wanted = new Set<string>(this.claims.flatMap(({ claim }) => [...claim.signals]));
    const isWatched = this.claims.some(({ claim }) => claim.uncaught);
    for (const event of isWatched ? uncaughtEvents : []) wanted.add(event);
    for (const event of wanted) if (!this.listened.has(event)) this.add(event);
    for (const [event, listener] of this.listened) {
      if (wanted.has(event)) continue;
      process.off(event, listener);
      this.listened.delete(event);
    }
    this.keepAlive(wanted.size > 0);
  }

  private keepAlive(isWanted: boolean): void {
    if (isWanted === (this.hold !== null)) return;
    this.hold?.close();
    this.hold = isWanted ? new MessageChannel().port1 : null;
    if (this.hold === null) return;
    this.ports++;
    this.hold.ref();
    this.hold.once('close', () => {
      this.ports--;
    });
  }

  private add(event: string): void {
    const isError = (uncaughtEvents as readonly string[]).includes(event);
    const listener = (first: unknown): void => {
      if (isError) this.fail(first);
      else this.signalled(event as NodeJS.Signals);
    };
    this.listened.set(event, listener);
    process.on(event, listener);
  }
}

const KEY = /* @__PURE__ */ Symbol.for('rxscope.node.stops.1');

/** Those of this process. On the global object, because an application can hold this package twice. */
function processStops(): ProcessStops {
  const host = globalThis as { [KEY]?: ProcessStops | undefined };
  return (host[KEY] ??= new ProcessStops());
}

/** Stops by `claim` from now on; answers what lets go of it. */
export function claimStops(claim: StopClaim): HeldClaim {
  return processStops().claim(claim);
}

/** Hands an error over that nobody has caught, as if the process had. */
export function failProcess(error: unknown): void {
  processStops().fail(error);
}

/** How many `MessagePort`s keep the process alive for those who wait for a signal; one, or none, a moment after a change. */
export function holdingPorts(): number {
  return processStops().ports;
}
