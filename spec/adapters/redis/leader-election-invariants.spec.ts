import { defer, interval, map, NEVER, of, Subject, tap, timer, type Observable } from 'rxjs';
import { leaderElection } from '../../../lib/adapters/redis/leader-election.js';
import type { LeaderElection } from '../../../lib/adapters/redis/leader-election-class.js';
import type { LeaderElectionOptions } from '../../../lib/adapters/redis/leader-election-options.js';
import type { Leadership } from '../../../lib/adapters/redis/leader-election-reign.js';
import type { LeaderRecord, LeaderState } from '../../../lib/adapters/redis/leader-election-state.js';
import { consume, lastValue, resource, using } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { Gate } from '../../support/journal.js';
import { nextMacrotask } from '../../support/macrotask.js';
import { Throne, type Line } from './support/throne.js';

/** The invariants E1 to E8 of electing a leader, in virtual time. On real servers: leader-election-servers.spec.ts. */
describe('leaderElection keeps', () => {
  const ttl = 900;
  let clock: Clock;
  let throne: Throne;
  let log: string[];
  beforeEach(() => {
    clock = new Clock();
    throne = new Throne(clock, ttl);
    log = [];
  });

  const note = (line: string): void => {
    log.push(`${String(clock.now())} ${line}`);
  };
  const candidate = (self: string, line?: Line, options: Partial<LeaderElectionOptions> = {}): LeaderElection =>
    leaderElection({ campaign: throne.campaign(line), self, scheduler: clock, coolDown: 100, ...options });
  /** Work that notes when it begins, is told to stop, and has stopped, which takes `cleanup` ms. */
  const work =
    (who: string, cleanup = 0) =>
    ({ term }: Leadership): Observable<number> => {
      const desk = resource({
        acquire: () => {
          note(`${who} begins term ${String(term)}`);
        },
        release: () => {
          note(`${who} stops`);
          const end = tap(() => {
            note(`${who} has stopped`);
          });
          return (cleanup === 0 ? of(0) : timer(cleanup, clock)).pipe(end);
        },
      });
      return using(desk, () => interval(100, clock));
    };
  /** What `self` has been, each time it became something else. */
  const selves = (election: LeaderElection): string[] => {
    const told: string[] = [];
    election.state$.pipe(map(({ self, term }) => (self ? `leads ${String(term)}` : 'no'))).subscribe((word) => {
      if (told.at(-1) !== word) told.push(word);
    });
    return told;
  };

  it('E1 the work has stopped before anybody else can have the lease', async () => {
    const line = { isCut: false };
    const a = consume(candidate('a', line).lead(work('a', 150)));
    const b = consume(candidate('b').lead(work('b')));
    clock.pass(950);
    line.isCut = true; // renewed at 900 for the last time
    clock.pass(1000);
    // 600 after that it stops, two thirds of the lease; until 1800 it is kept for it
    expect(log).toEqual(['0 a begins term 1', '1500 a stops', '1650 a has stopped', '1800 b begins term 2']);
    line.isCut = false;
    await Promise.all([a.close(), b.close()]);
  });

  it('E1 the moment follows from what was asked for, and has to leave time for a request', async () => {
    const line = { isCut: false };
    const timing = { lease: ttl, renewDeadline: 450, requestTimeout: 449 };
    const a = consume(candidate('a', line, timing).lead(work('a')));
    clock.pass(300);
    line.isCut = true;
    clock.pass(449);
    expect(log).toEqual(['0 a begins term 1']);
    clock.pass(2);
    expect(log).toEqual(['0 a begins term 1', '750 a stops', '750 a has stopped']);
    const closed = a.close();
    clock.pass(1);
    await closed;
    const campaign = throne.campaign();
    expect(() => leaderElection({ campaign, ...timing, requestTimeout: 450 })).toThrow(/less than the lease/);
    expect(() => leaderElection({ campaign, lease: ttl, renewDeadline: ttl })).toThrow(RangeError);
    expect(() => leaderElection({ campaign, lease: ttl, renewDeadline: 0 })).toThrow(RangeError);
    // Unless it is said, a request may take a tenth of the lease.
    expect(() => leaderElection({ campaign, lease: ttl, renewDeadline: 810 })).toThrow(RangeError);
    expect(() => leaderElection({ campaign, lease: ttl, renewDeadline: 809 })).not.toThrow();
  });

  it('E1 timing that does not fit the lease is found out when there is one, and nothing is done', async () => {
    const election = candidate('a', undefined, { renewDeadline: 850, requestTimeout: 100 });
    const failure = consume(election.lead(work('a'))).done.catch((error: unknown) => error);
    expect(await failure).toBeInstanceOf(RangeError);
    expect(log).toEqual([]);
    expect(throne.held).toBeNull();
  });

  it('E2 the lease is renewed while the work stops, and given back when it has stopped', async () => {
    const election = candidate('a');
    const a = consume(election.lead(work('a', 3 * ttl)));
    clock.pass(100);
    const resigned = election.resign().then(() => {
      note('a has resigned');
    });
    for (let passed = 0; passed < 3 * ttl; passed += 100) {
      expect(throne.held).toBe(1);
      expect(election.state).toEqual({ leader: 'a', term: 1, self: true, phase: 'stopping' });
      clock.pass(100);
    }
    await resigned;
    expect(throne.seats[0]?.released).toBe(100 + 3 * ttl);
    expect(log).toEqual(['0 a begins term 1', '100 a stops', '2800 a has stopped', '2800 a has resigned']);
    await a.close();
  });

  it('E2 work that is a promise is told to stop, and waited for', async () => {
    const gate = new Gate();
    const election = candidate('a');
    const a = consume(
      election.lead(async ({ signal }) => {
        await gate.promise;
        note(`a has stopped, told so: ${String(signal.aborted)}`);
      }),
    );
    clock.pass(100);
    const resigned = election.resign();
    clock.pass(2 * ttl);
    await nextMacrotask();
    expect(throne.held).toBe(1);
    gate.open();
    await resigned;
    expect(throne.held).toBeNull();
    expect(log).toEqual(['1900 a has stopped, told so: true']);
    await a.close();
  });

  it('E2 leaving stops the work before the lease is given back', async () => {
    const a = consume(candidate('a').lead(work('a', 500)));
    clock.pass(100);
    const closed = a.close();
    clock.pass(499);
    expect(throne.held).toBe(1);
    clock.pass(1);
    await closed;
    expect(throne.held).toBeNull();
  });

  it('E3 self becomes true once for each term, and false once after it', async () => {
    const line = { isCut: false };
    const election = candidate('a', line);
    const told = selves(election);
    const a = consume(election.lead(work('a', 50)));
    clock.pass(100);
    void election.resign();
    void election.resign(); // asked twice
    clock.pass(1000);
    line.isCut = true;
    clock.pass(2 * ttl); // lost, and nobody to campaign with
    line.isCut = false;
    clock.pass(500);
    const closed = a.close();
    clock.pass(100);
    await closed;
    expect(told).toEqual(['no', 'leads 1', 'no', 'leads 2', 'no', 'leads 3', 'no']);
  });

  it('E3 who has never led has never stopped', async () => {
    const a = consume(candidate('a').lead(() => NEVER));
    const election = candidate('b');
    const states: LeaderState[] = [];
    election.state$.subscribe((state) => states.push(state));
    const b = consume(election.lead(work('b')));
    clock.pass(100);
    await b.close();
    await a.close();
    expect(log).toEqual([]);
    expect(states.map(({ phase }) => phase)).toEqual(['idle', 'campaigning', 'idle']);
  });

  it('E4 a lease that nobody gives back is taken over when it has gone by in full', async () => {
    const line = { isCut: false };
    const a = consume(candidate('a', line).lead(work('a')));
    const b = consume(candidate('b').lead(work('b')));
    clock.pass(301); // renewed at 300
    line.isCut = true;
    clock.pass(898);
    expect(log.filter((entry) => entry.includes('b begins'))).toEqual([]);
    clock.pass(1);
    expect(log.at(-1)).toBe('1200 b begins term 2');
    const closed = [a.close(), b.close()];
    clock.pass(1);
    await Promise.all(closed);
  });

  it('E5 there is one leader at a time, and each term has a higher number', async () => {
    const crowd = ['a', 'b', 'c', 'd', 'e'].map((self) => ({ self, line: { isCut: false } }));
    const elections = crowd.map(({ self, line }) => candidate(self, line));
    const terms: number[] = [];
    const running = elections.map((election) =>
      consume(
        election.lead(({ term }) => {
          terms.push(term);
          return NEVER;
        }),
      ),
    );
    const chance = randomFrom(7);
    for (let step = 0; step < 400; step++) {
      const one = Math.floor(chance() * crowd.length);
      const dice = chance();
      if (dice < 0.2) (crowd[one]?.line as Line).isCut = true;
      else if (dice < 0.5) for (const { line } of crowd) line.isCut = false;
      else if (dice < 0.7) void elections[one]?.resign();
      else if (dice < 0.72) throne.free();
      clock.pass(Math.floor(chance() * 400));
      const leaders = elections.filter(({ state }) => state.self);
      // Where somebody deletes the lease, who had it is told at the next renewal.
      const isDeleted = leaders.some(({ state }) => state.term !== throne.held);
      if (!isDeleted) expect(leaders.length).toBeLessThanOrEqual(1);
    }
    expect(terms.length).toBeGreaterThan(20);
    expect(terms).toEqual([...terms].sort((one, two) => one - two));
    expect(new Set(terms).size).toBe(terms.length);
    const closed = running.map((one) => one.close());
    clock.pass(1);
    await Promise.all(closed);
  });

  it.each([1, 0])('E5 a back end that has lost its count is not led on: term %d after 1', async (again) => {
    const election = candidate('a');
    const a = consume(election.lead(work('a')));
    clock.pass(100);
    throne.next = again;
    void election.resign();
    clock.pass(500);
    await expect(a.done).rejects.toMatchObject({ name: 'LeaderTermError', code: 'RXSCOPE_LEADER_TERM' });
    expect(log).toEqual(['0 a begins term 1', '100 a stops', '100 a has stopped']);
    expect(throne.held).toBeNull();
  });

  it('E5 a number below one that was heard of is not led on either', async () => {
    const election = candidate('a', undefined, { watch: of({ leader: 'b', term: 7 }) });
    await expect(lastValue(election.lead(work('a')))).rejects.toMatchObject({ code: 'RXSCOPE_LEADER_TERM' });
    expect(log).toEqual([]);
    expect(throne.held).toBeNull();
  });

  describe('E6 an observer', () => {
    const leaders = (election: LeaderElection): string[] => {
      const told: string[] = [];
      election.state$.subscribe(({ leader, term }) => {
        const word = `${String(leader)} ${String(term)}`;
        if (told.at(-1) !== word) told.push(word);
      });
      return told;
    };

    it('sees the newest leader, and passes over what comes late', async () => {
      const watch = new Subject<LeaderRecord | null>();
      const first = consume(candidate('a').lead(() => NEVER));
      const election = candidate('b', undefined, { watch });
      const told = leaders(election);
      const b = consume(election.lead(() => NEVER));
      watch.next({ leader: 'a', term: 5 });
      watch.next({ leader: 'z', term: 4 });
      watch.next({ leader: 'a', term: 5 });
      watch.next(null);
      watch.next({ leader: 'z', term: 4 });
      watch.next({ leader: 'a', term: 5 });
      watch.next({ leader: 'c', term: 8 });
      expect(told).toEqual(['null null', 'a 5', 'null null', 'a 5', 'c 8']);
      await b.close();
      await first.close();
      expect(watch.observed).toBe(false);
    });

    it('is told of changes only, however often it is said who leads', async () => {
      const watch = new Subject<LeaderRecord | null>();
      const first = consume(candidate('a').lead(() => NEVER));
      const election = candidate('b', undefined, { watch });
      const b = consume(election.lead(() => NEVER));
      const states: LeaderState[] = [];
      election.state$.subscribe((state) => states.push(state));
      for (const term of [5, 5, 5]) watch.next({ leader: 'a', term });
      expect(states.map(({ leader }) => leader)).toEqual([null, 'a']);
      await b.close();
      await first.close();
    });

    it('leads a term that it has heard of before it was told that it has it', async () => {
      const election = candidate('a', undefined, { watch: of({ leader: 'a', term: 1 }) });
      expect(await lastValue(election.lead(({ term }) => of(term)))).toBe(1);
    });

    it('survives a watch that fails', async () => {
      const watches: Subject<LeaderRecord | null>[] = [];
      const watch = defer(() => {
        const subject = new Subject<LeaderRecord | null>();
        watches.push(subject);
        return subject;
      });
      const first = consume(candidate('a').lead(() => NEVER));
      const election = candidate('b', undefined, { watch });
      const told = leaders(election);
      const b = consume(election.lead(() => NEVER));
      watches[0]?.next({ leader: 'a', term: 1 });
      watches[0]?.error(new Error('gone'));
      expect(election.health.problem).toEqual(new Error('gone'));
      clock.pass(100);
      watches[1]?.next({ leader: 'c', term: 3 });
      expect(told).toEqual(['null null', 'a 1', 'c 3']);
      expect(election.health.problem).toBeUndefined();
      watches[1]?.error(new Error('gone again'));
      clock.pass(100); // the shortest wait again, since it worked in between
      expect(watches).toHaveLength(3);
      await b.close();
      await first.close();
    });

    it('does not take what it hears for a sign that campaigning works', async () => {
      const watch = new Subject<LeaderRecord | null>();
      throne.failures.push(new Error('down'));
      const election = candidate('a', undefined, { watch });
      const a = consume(election.lead(() => NEVER));
      watch.next({ leader: 'b', term: 1 });
      expect(election.health).toMatchObject({ leader: 'b', problem: new Error('down') });
      await a.close();
    });

    it('knows of itself without being told, and does not take its own last term for a leader', async () => {
      const watch = new Subject<LeaderRecord | null>();
      const election = candidate('a', undefined, { watch });
      const told = leaders(election);
      const a = consume(election.lead(() => NEVER));
      watch.next({ leader: 'a', term: 1 });
      void election.resign();
      watch.next({ leader: 'a', term: 1 });
      expect(told).toEqual(['null null', 'a 1', 'null null']);
      await a.close();
    });
  });

  it('E7 cleanup that goes on past the lease is told at once that it is gone', async () => {
    const line = { isCut: false };
    const election = candidate('a', line);
    let leadership: Leadership | undefined;
    const a = consume(
      election.lead((told) => {
        leadership = told;
        told.lost.addEventListener('abort', () => {
          note(`lost, leads: ${String(told.isLeading)}, self: ${String(election.state.self)}`);
        });
        return work('a', 10 * ttl)(told);
      }),
    );
    clock.pass(10);
    line.isCut = true;
    clock.pass(889);
    expect(leadership?.isLeading).toBe(true);
    leadership?.check();
    clock.pass(1);
    expect(log).toEqual(['0 a begins term 1', '600 a stops', '900 lost, leads: false, self: false']);
    expect(() => leadership?.check()).toThrow(/does not lead any more: term 1 is over/);
    expect(() => leadership?.check()).toThrow(expect.objectContaining({ cause: new Error('expired') }) as Error);
    line.isCut = false;
    const closed = a.close();
    clock.pass(10 * ttl);
    await closed;
    expect(log.at(-1)).toBe('9600 a has stopped');
  });

  it('E7 nobody campaigns again while old work still stops', async () => {
    const line = { isCut: false };
    const a = consume(candidate('a', line).lead(work('a', 5000)));
    clock.pass(10);
    line.isCut = true;
    clock.pass(2000);
    line.isCut = false;
    clock.pass(3590);
    expect(log).toEqual(['0 a begins term 1', '600 a stops', '5600 a has stopped']);
    clock.pass(101);
    expect(log.at(-1)).toBe('5700 a begins term 2');
    const closed = a.close();
    clock.pass(5000);
    await closed;
  });

  it('E8 what cannot be given back is left to run out, and held up by nobody', async () => {
    const line = { isCut: false };
    const election = candidate('a', line);
    const a = consume(election.lead(work('a')));
    const b = consume(candidate('b').lead(work('b')));
    clock.pass(100);
    line.isCut = true;
    const resigned = election.resign();
    clock.pass(1);
    await resigned;
    clock.pass(ttl);
    expect(log.at(-1)).toBe('900 b begins term 2');
    const closed = [a.close(), b.close()];
    clock.pass(1);
    await Promise.all(closed);
  });
});

/** Numbers that look like chance, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
