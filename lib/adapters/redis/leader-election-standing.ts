import { Observable, Subject } from 'rxjs';

import type { Reign } from './leader-election-reign.js';
import type { LeaderHealth, LeaderPhase, LeaderRecord, LeaderState } from './leader-election-state.js';

/** What a candidate knows: one state, changed here alone, and told when it is another one than before. */
export class Standing {
  /** What has failed last and has not worked since. */
  problem: unknown;
  /** The highest term that was heard of, and the last one of this candidate. */
  private newest = 0;
  private own = 0;
  private current: LeaderState = { leader: null, term: null, self: false, phase: 'idle' };
  private reign: Reign | null = null;
  private known: LeaderRecord | null = null;
  private readonly changes = new Subject<LeaderState>();

  /** What it is now, and each change. */
  readonly state$ = new Observable<LeaderState>((subscriber) => {
    subscriber.next(this.state);
    return this.changes.subscribe(subscriber);
  });

  /** Right at once when the lease is gone, before anybody is told. */
  get state(): LeaderState {
    if (this.current.self && this.reign?.isLeading !== true) this.tell(this.current.phase);
    return this.current;
  }

  get health(): LeaderHealth {
    const { reign, problem, state } = this;
    const sinceRenewal = reign?.sinceRenewal() ?? 0;
    const isLate = reign !== null && sinceRenewal > (reign.timing?.renewDeadline ?? Infinity);
    return { ...state, isHealthy: !isLate, sinceRenewal, problem };
  }

  /** Goes on to the next phase. */
  enter(phase: LeaderPhase, reign: Reign | null = null): void {
    this.reign = reign;
    if (reign !== null) this.own = reign.term;
    this.tell(phase);
  }

  /** Whether it can be the number of a term that begins now. The back end may have told of it before. */
  isNew(term: number): boolean {
    return term > this.own && term >= this.newest;
  }

  /** What the back end says of who leads. What is older than what is known comes late, and is passed over. */
  hear(record: LeaderRecord | null): void {
    if (record !== null && record.term < this.newest) return;
    this.newest = Math.max(this.newest, record?.term ?? 0);
    this.known = record;
    this.tell(this.current.phase);
  }

  /** Emits what the state has become, where it has become another one. */
  private tell(phase: LeaderPhase): void {
    const { current } = this;
    const next = { ...this.leading(), phase };
    if ((Object.keys(next) as (keyof LeaderState)[]).every((key) => next[key] === current[key])) return;
    this.current = next;
    this.changes.next(next);
  }

  private leading(): Omit<LeaderState, 'phase'> {
    const { reign, known } = this;
    if (reign?.isLeading === true) return { leader: reign.self, term: reign.term, self: true };
    // What is known of a term of one's own says nothing of who leads after it.
    if (known === null || known.term <= this.own) return { leader: null, term: null, self: false };
    return { leader: known.leader, term: known.term, self: false };
  }
}
