import { ReplaySubject } from 'rxjs';

/** What an application is at. */
export type LifespanState = 'starting' | 'ready' | 'draining' | 'stopping' | 'stopped';

/**
 * The states that an application goes through.
 *
 *     starting --> ready --> draining --> stopping --> stopped
 *         '----------------------^
 */
export class LifespanStates {
  now: LifespanState = 'starting';
  /** Each one, the last kept also for who comes when it is over. */
  readonly all$ = new ReplaySubject<LifespanState>(1);

  constructor() {
    this.all$.next(this.now);
  }

  enter(state: LifespanState): void {
    this.now = state;
    this.all$.next(state);
    if (state === 'stopped') this.all$.complete();
  }
}
