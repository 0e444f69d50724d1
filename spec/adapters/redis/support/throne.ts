import { Observable, Subject, type SchedulerLike } from 'rxjs';
import type { LeaderLease } from '../../../../lib/adapters/redis/leader-election-port.js';
import { resource, type Resource } from '../../../../lib/index.js';

interface Holder {
  readonly fencing: number;
  /** Until when the server keeps it. */
  expires: number;
}

/** Between a candidate and the server. What is sent on one that is cut does not arrive, and nobody is told. */
export interface Line {
  isCut: boolean;
}

/** A lease as a candidate has it. */
export class Seat implements LeaderLease {
  deadline: number;
  isLost = false;
  /** When it was given back; `null` as long as it was not. */
  released: number | null = null;
  readonly died = new Subject<unknown>();
  private readonly controller = new AbortController();

  constructor(
    private readonly throne: Throne,
    readonly fencing: number,
  ) {
    this.deadline = throne.clock.now() + throne.ttl;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isHeld(): boolean {
    return !this.isLost && this.throne.clock.now() < this.deadline;
  }

  lose(reason: string): void {
    if (this.isLost || this.released !== null) return;
    this.isLost = true;
    this.controller.abort(new Error(reason));
    this.died.next(reason);
  }
}

/**
 * A lock with a time to live and a number that counts its holders, in virtual time: a fake of the port of leaderElection(). Keeps
 * what `redisLock` keeps: renewed every third, a deadline of its own for who holds it, first come first served.
 */
export class Throne {
  /** Every lease that was given, in order. */
  readonly seats: Seat[] = [];
  /** What the next attempts to campaign fail with. */
  readonly failures: unknown[] = [];
  /** What the next lease is counted as; `null` for none. */
  next: number | null = 1;
  private holder: Holder | null = null;
  private readonly freed = new Subject<void>();

  constructor(
    readonly clock: SchedulerLike,
    readonly ttl: number,
  ) {}

  /** Who holds it for the server. */
  get held(): number | null {
    return this.holder !== null && this.holder.expires > this.clock.now() ? this.holder.fencing : null;
  }

  campaign(line: Line = { isCut: false }): Resource<Seat> {
    return resource<Seat>({
      name: 'throne',
      interruptible: true,
      acquire: () => this.waiting(line),
      release: (seat) => {
        seat.released = this.clock.now();
        if (this.holder?.fencing === seat.fencing && !line.isCut) this.free();
      },
      lost: (seat) => this.dying(seat, line),
    });
  }

  /** Somebody has deleted it on the server. */
  free(): void {
    this.holder = null;
    this.freed.next();
  }

  private waiting(line: Line): Observable<Seat> {
    return new Observable((subscriber) => {
      if (this.failures.length > 0) {
        subscriber.error(this.failures.shift());
        return;
      }
      const attempt = (): void => {
        if (subscriber.closed || this.held !== null || line.isCut) return;
        const fencing = this.next as number;
        if (this.next !== null) this.next++;
        this.holder = { fencing, expires: this.clock.now() + this.ttl };
        const seat = new Seat(this, fencing);
        this.seats.push(seat);
        subscriber.next(seat);
      };
      subscriber.add(this.freed.subscribe(attempt));
      attempt();
      const look = (): void => {
        attempt();
        if (!subscriber.closed) subscriber.add(this.clock.schedule(look, 1));
      };
      subscriber.add(this.clock.schedule(look, 1));
    });
  }

  /** Renews every third; tells when it cannot be relied on any more. */
  private dying(seat: Seat, line: Line): Observable<unknown> {
    return new Observable((subscriber) => {
      const renew = (): void => {
        if (!line.isCut) {
          if (this.holder?.fencing !== seat.fencing) {
            seat.lose('taken');
            return;
          }
          this.holder.expires = seat.deadline = this.clock.now() + this.ttl;
        }
        subscriber.add(this.clock.schedule(renew, this.ttl / 3));
      };
      const expire = (): void => {
        const left = seat.deadline - this.clock.now();
        if (left <= 0) seat.lose('expired');
        else subscriber.add(this.clock.schedule(expire, left));
      };
      subscriber.add(seat.died.subscribe(subscriber));
      subscriber.add(this.clock.schedule(renew, this.ttl / 3));
      subscriber.add(this.clock.schedule(expire, this.ttl));
    });
  }
}
