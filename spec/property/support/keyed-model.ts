/** What becomes of one acquire and its release; frames, or within the call. */
export interface Turnout {
  readonly acquire: number | 'sync';
  readonly refuses: boolean;
  readonly release: number | 'sync';
  readonly fails: boolean;
}

export interface Setting {
  /** Of the first acquire, the second, and so on; then from the beginning. */
  readonly turnouts: readonly Turnout[];
  readonly idleTimeout: number;
  readonly overlap: boolean;
  readonly interruptible: boolean;
}

interface Generation {
  readonly id: number;
  readonly key: string;
  /** `turn`: waits for a release before it. */
  state: 'turn' | 'entering' | 'held' | 'idle' | 'exiting' | 'gone';
  /** In the order of coming. */
  users: User[];
  /** The number of its acquire. */
  acquire: number;
  isRetired: boolean;
  isLost: boolean;
  /** Set once it is cancelled: where a failure of its release goes. */
  cancelled: string[] | null;
  idleSince: number;
}

interface User {
  readonly id: number;
  /** Whether its body ends as soon as it begins. */
  readonly isBrief: boolean;
  state: 'waiting' | 'using' | 'ending' | 'gone';
  generation: Generation | null;
}

/** A line of `stats()`. */
export interface Line {
  readonly key: string;
  readonly generation: number;
  readonly state: string;
  readonly current: boolean;
  readonly users: number;
  readonly waiting: number;
  readonly idleFor: number;
}

/**
 * What `keyed` promises, as one list of generations and a list of what is due. It knows nothing of scopes, and asks for
 * the present state instead of keeping it in several places.
 */
export class KeyedModel {
  frame = 0;
  /** What was told to whom and done to what, each with its frame. */
  readonly told = new Map<number, string[]>();
  readonly course: string[] = [];
  /** Failures that have nobody to go to, and those that closing rejects with. */
  readonly reported: string[] = [];
  readonly closing: string[] = [];
  private readonly all: Generation[] = [];
  private readonly users: User[] = [];
  private readonly current = new Map<string, Generation>();
  private readonly incoming = new Map<string, Generation>();
  private due: { readonly at: number; readonly act: () => void }[] = [];
  private readonly expiries = new Map<Generation, number>();
  private made = 1;
  private acquires = 0;
  private isClosed = false;
  private isServing = false;

  constructor(private readonly setting: Setting) {}

  /** Does what is due before `frame`. */
  advance(frame: number): void {
    for (;;) {
      const at = Math.min(...this.due.map((one) => one.at));
      if (!(at < frame)) break;
      const next = this.due.find((one) => one.at === at);
      if (next === undefined) break;
      this.due = this.due.filter((one) => one !== next);
      this.frame = at;
      next.act();
    }
    this.frame = frame;
  }

  /** By generation. */
  stats(): Line[] {
    return this.all.map((one) => {
      const waiting = one.users.filter(({ state }) => state === 'waiting').length;
      const state = one.state === 'turn' ? 'entering' : one.state;
      return {
        key: one.key,
        generation: one.id,
        state: this.isEnding(one) ? 'exiting' : state,
        current: one === this.find(one.key),
        users: one.users.length - waiting,
        waiting,
        idleFor: one.state === 'idle' ? this.frame - one.idleSince : 0,
      };
    });
  }

  /** Users that can leave, and those whose body can end. */
  those(...states: User['state'][]): number[] {
    return this.users.filter(({ state }) => states.includes(state)).map(({ id }) => id);
  }

  come(id: number, key: string, isBrief: boolean, isRefresh: boolean): void {
    const user: User = { id, isBrief, state: 'waiting', generation: null };
    this.users.push(user);
    if (this.isClosed) {
      this.tell(user, 'error ClosedError');
      return;
    }
    const found = this.find(key);
    if (isRefresh && found !== null && this.current.get(key) === found) {
      const incoming = this.incoming.get(key);
      if (incoming === undefined) this.create(user, key, this.incoming);
      else this.join(user, incoming);
    } else if (found === null) {
      this.create(user, key, this.current);
    } else {
      this.join(user, found);
    }
  }

  leave(id: number): void {
    const user = this.users.find((one) => one.id === id) as User;
    const generation = user.generation as Generation;
    const { state } = user;
    user.state = 'gone';
    if (state === 'using') this.part(user, generation, 'unsubscribe');
    if (state !== 'waiting') return;
    generation.users = generation.users.filter((one) => one !== user);
    if (generation.users.length === 0) this.cancel(generation, this.reported);
  }

  end(id: number, exit: string): void {
    const user = this.users.find((one) => one.id === id) as User;
    user.state = 'ending';
    this.part(user, user.generation as Generation, exit);
  }

  invalidate(key: string): void {
    const old = [this.current.get(key), this.incoming.get(key)];
    this.current.delete(key);
    this.incoming.delete(key);
    for (const one of old) if (one !== undefined) this.retire(one);
  }

  touch(key: string): void {
    const one = this.current.get(key);
    if (one?.state === 'idle') this.rest(one);
  }

  /** The handle that is current dies. Answers the number of its acquire. */
  lose(key: string): number | null {
    const one = this.current.get(key);
    if (one === undefined || (one.state !== 'held' && one.state !== 'idle')) return null;
    one.isLost = true;
    this.detach(one);
    if (one.state === 'idle') this.release(one, 'error ResourceLostError', null, this.reportOrClose);
    else this.endAll(one, 'error ResourceLostError');
    return one.acquire;
  }

  close(force: boolean): void {
    this.isClosed = true;
    for (const one of [...this.all].sort((a, b) => b.id - a.id)) {
      this.retire(one);
      for (const user of [...one.users]) {
        if (user.state !== 'waiting') continue;
        one.users = one.users.filter((other) => other !== user);
        this.tell(user, 'error ClosedError');
      }
      if ((one.state === 'turn' || one.state === 'entering') && one.users.length === 0) this.cancel(one, this.closing);
      if (force) this.endAll(one, 'error ClosedError');
    }
  }

  private endAll(one: Generation, exit: string): void {
    for (const user of [...one.users]) {
      if (user.state !== 'using') continue;
      user.state = 'ending';
      this.part(user, one, exit);
    }
  }

  private of(key: string): Generation[] {
    return this.all.filter((one) => one.key === key);
  }

  private isEnding(one: Generation): boolean {
    return one.state === 'exiting' || (one.isLost && one.state !== 'gone');
  }

  private find(key: string): Generation | null {
    return this.current.get(key) ?? this.incoming.get(key) ?? null;
  }

  private create(user: User, key: string, place: Map<string, Generation>): void {
    const id = this.made++;
    const flags = { isRetired: false, isLost: false, cancelled: null };
    const one: Generation = { id, key, state: 'turn', users: [user], acquire: -1, idleSince: 0, ...flags };
    user.generation = one;
    place.set(key, one);
    this.all.push(one);
    if (!this.isBlocked(key)) this.begin(one);
  }

  private isBlocked(key: string): boolean {
    return !this.setting.overlap && this.of(key).some((one) => this.isEnding(one));
  }

  private join(user: User, one: Generation): void {
    user.generation = one;
    one.users.push(user);
    if (one.state === 'idle') one.state = 'held';
    if (one.state === 'held') this.serve(user, one);
  }

  private begin(one: Generation): void {
    one.state = 'entering';
    one.acquire = this.acquires++;
    this.note(`+${String(one.acquire)}`);
    const { acquire } = this.turnoutOf(one);
    this.after(acquire, () => {
      if (one.state !== 'gone') this.acquired(one);
    });
  }

  private acquired(one: Generation): void {
    const failure = this.turnoutOf(one).refuses ? `acquire ${String(one.acquire)}` : null;
    const { cancelled } = one;
    if (cancelled !== null) {
      if (failure === null) {
        this.released(one, 'unsubscribe', null, (error) => cancelled.push(error));
      } else {
        this.reported.push(failure);
        this.gone(one);
      }
      return;
    }
    if (failure !== null) {
      this.detach(one);
      one.state = 'gone';
      for (const user of one.users.splice(0)) if (user.state === 'waiting') this.tell(user, `error ${failure}`);
      this.gone(one);
      return;
    }
    one.state = 'held';
    if (this.incoming.get(one.key) === one) {
      const old = this.current.get(one.key);
      this.incoming.delete(one.key);
      this.current.set(one.key, one);
      if (old !== undefined) this.retire(old);
    }
    for (const user of [...one.users]) this.serve(user, one);
  }

  private serve(user: User, one: Generation): void {
    if (user.state !== 'waiting') return;
    user.state = 'using';
    this.tell(user, `next ${String(one.acquire)}`);
    if (!user.isBrief) return;
    user.state = 'ending';
    this.part(user, one, 'complete');
  }

  /** A user goes, from a body that has begun. */
  private part(user: User, one: Generation, exit: string): void {
    one.users = one.users.filter((other) => other !== user);
    if (one.users.length > 0 || this.rest(one)) {
      if (user.state === 'ending') this.tell(user, exit);
      return;
    }
    const loss = one.isLost ? 'error ResourceLostError' : exit;
    this.release(one, loss, () => {
      if (user.state === 'ending') this.tell(user, exit);
    }, (failure) => {
      // Left while its release ran: what fails then is reported together with what its body had failed with (law 14).
      const lost = exit.startsWith('error body') ? [exit.replace('error ', '')] : [];
      if (user.state !== 'ending') this.reported.push(failure, ...lost);
      else this.tell(user, exit === 'complete' ? `error ${failure}` : `error S(${failure}, ${exit.replace('error ', '')})`);
    }); // prettier-ignore
  }

  private rest(one: Generation): boolean {
    if (one.isRetired || one.isLost || this.setting.idleTimeout === 0) return false;
    one.state = 'idle';
    const since = (one.idleSince = this.frame);
    const expiry = (this.expiries.get(one) ?? 0) + 1;
    this.expiries.set(one, expiry);
    this.after(this.setting.idleTimeout, () => {
      const isDue = one.state === 'idle' && one.idleSince === since && this.expiries.get(one) === expiry;
      if (isDue) this.release(one, 'complete', null, this.reportOrClose);
    });
    return true;
  }

  private retire(one: Generation): void {
    one.isRetired = true;
    if (one.state === 'idle') this.release(one, 'complete', null, this.reportOrClose);
  }

  private cancel(one: Generation, failures: string[]): void {
    if (one.state !== 'turn' && one.state !== 'entering') return;
    this.detach(one);
    const isOver = one.state === 'turn' || this.setting.interruptible;
    one.cancelled = failures;
    one.state = 'exiting';
    if (isOver) this.gone(one);
  }

  private release(one: Generation, exit: string, done: (() => void) | null, failed: (failure: string) => void): void {
    one.state = 'exiting';
    this.detach(one);
    this.released(one, exit, done, failed);
  }

  private released(one: Generation, exit: string, done: (() => void) | null, failed: (failure: string) => void): void {
    const { release, fails } = this.turnoutOf(one);
    this.note(`-${String(one.acquire)} ${exit}`);
    this.after(release, () => {
      one.state = 'gone';
      if (fails) failed(`release ${String(one.acquire)}`);
      else done?.();
      this.gone(one);
    });
  }

  private gone(one: Generation): void {
    one.state = 'gone';
    this.all.splice(this.all.indexOf(one), 1);
    if (this.isServing) return;
    this.isServing = true;
    for (;;) {
      const next = this.of(one.key).find(({ state }) => state === 'turn');
      if (next === undefined || this.isBlocked(one.key)) break;
      this.begin(next);
    }
    this.isServing = false;
  }

  private readonly reportOrClose = (failure: string): void => {
    (this.isClosed ? this.closing : this.reported).push(failure);
  };

  private detach(one: Generation): void {
    for (const place of [this.current, this.incoming]) if (place.get(one.key) === one) place.delete(one.key);
  }

  private turnoutOf({ acquire }: Generation): Turnout {
    const { turnouts } = this.setting;
    return turnouts[acquire % turnouts.length] as Turnout;
  }

  private after(delay: number | 'sync', act: () => void): void {
    if (delay === 'sync') act();
    else this.due.push({ at: this.frame + delay, act });
  }

  private note(line: string): void {
    this.course.push(`${String(this.frame)} ${line}`);
  }

  private tell(user: User, line: string): void {
    const lines = this.told.get(user.id) ?? [];
    lines.push(`${String(this.frame)} ${line}`);
    this.told.set(user.id, lines);
    if (!line.startsWith('next')) user.state = 'gone';
  }
}
