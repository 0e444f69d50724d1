import { NEVER, of, throwError, timer, toArray } from 'rxjs';
import { leaderElection } from '../../../lib/adapters/redis/leader-election.js';
import type { LeaderElection } from '../../../lib/adapters/redis/leader-election-class.js';
import type { LeaderElectionOptions } from '../../../lib/adapters/redis/leader-election-options.js';
import { consume, fromValue, lastValue } from '../../../lib/index.js';
import { Clock } from '../../support/clock.js';
import { Gate, reported } from '../../support/journal.js';
import { rejection } from '../../support/rejection.js';
import { Throne } from './support/throne.js';

describe('leaderElection', () => {
  let clock: Clock;
  let throne: Throne;
  beforeEach(() => {
    clock = new Clock();
    throne = new Throne(clock, 900);
  });
  const candidate = (options: Partial<LeaderElectionOptions> = {}): LeaderElection =>
    leaderElection({ campaign: throne.campaign(), self: 'a', scheduler: clock, ...options });

  it('does nothing before somebody takes part', () => {
    const election = candidate();
    expect(election.state).toEqual({ leader: null, term: null, self: false, phase: 'idle' });
    void election.lead(() => NEVER);
    expect(throne.held).toBeNull();
  });

  it('emits what the work emits, and completes with it, when the lease was given back', async () => {
    const election = candidate();
    expect(await lastValue(election.lead(() => of(1, 2)).pipe(toArray()))).toEqual([1, 2]);
    expect(throne.seats).toHaveLength(1);
    expect(throne.held).toBeNull();
    expect(election.state).toEqual({ leader: null, term: null, self: false, phase: 'idle' });
  });

  it('is stopping until the lease has been given back', async () => {
    const election = candidate();
    const phases: string[] = [];
    election.state$.subscribe(({ phase, self }) => phases.push(self ? `${phase}, leader` : phase));
    await lastValue(election.lead(() => of(1)));
    expect(phases).toEqual(['idle', 'campaigning', 'leading, leader', 'stopping, leader', 'stopping', 'idle']);
  });

  it.each([
    ['an observable', () => of('done')],
    ['a promise', () => Promise.resolve('done')],
    [
      'an async generator',
      async function* () {
        yield 'begun';
        yield 'done';
      },
    ],
  ])('takes %s as the work', async (_, work) => {
    expect(await lastValue(candidate().lead(work as () => Promise<string>))).toBe('done');
    expect(throne.held).toBeNull();
  });

  it('tells the work of its term', async () => {
    const election = candidate();
    for (const term of [1, 2]) {
      const told = election.lead((leadership) => of([leadership.term, leadership.self, leadership.isLeading]));
      expect(await lastValue(told)).toEqual([term, 'a', true]);
    }
  });

  it.each([
    ['throws', () => { throw new Error('no'); }], // prettier-ignore
    ['fails', () => throwError(() => new Error('no'))],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('fails where the work %s, when the lease was given back', async (_, work) => {
    const election = candidate();
    expect(await rejection(lastValue(election.lead(work)))).toEqual(new Error('no'));
    expect(throne.held).toBeNull();
    expect(throne.seats).toHaveLength(1);
    expect(election.state.phase).toBe('idle');
  });

  it('does not take a loss in the work for the loss of the lease', async () => {
    const lost = Object.assign(new Error('a connection'), { code: 'RXSCOPE_LOST' });
    expect(await rejection(lastValue(candidate().lead(() => throwError(() => lost))))).toBe(lost);
  });

  it('campaigns again after the cool-down when it has resigned', async () => {
    const election = candidate({ coolDown: 300 });
    const terms: number[] = [];
    const a = consume(
      election.lead(({ term }) => {
        terms.push(term);
        return NEVER;
      }),
    );
    await election.resign();
    expect(election.state).toEqual({ leader: null, term: null, self: false, phase: 'waiting' });
    clock.pass(299);
    expect(terms).toEqual([1]);
    clock.pass(1);
    expect(terms).toEqual([1, 2]);
    await a.close();
  });

  it('campaigns again after the cool-down when it has lost the lease', async () => {
    const election = candidate({ coolDown: 500, backoff: { initial: 100 } });
    const a = consume(election.lead(() => NEVER));
    throne.free();
    clock.pass(300); // the next renewal
    expect(election.state.phase).toBe('waiting');
    clock.pass(499);
    expect(election.state.phase).toBe('waiting');
    clock.pass(1);
    expect(election.state).toMatchObject({ phase: 'leading', term: 2 });
    await a.close();
  });

  it('has nothing to resign from where it does not lead', async () => {
    const election = candidate();
    await election.resign();
    const other = consume(leaderElection({ campaign: throne.campaign(), scheduler: clock }).lead(() => NEVER));
    const a = consume(election.lead(() => NEVER));
    await election.resign();
    expect(election.state.phase).toBe('campaigning');
    await a.close();
    await other.close();
  });

  it('goes on campaigning where that fails, later each time, and tells what it failed with', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0); // nothing less by chance
    throne.failures.push(...[1, 2, 3, 4].map((count) => new Error(`down ${String(count)}`)));
    const election = candidate({ backoff: { initial: 100, max: 400 } });
    const a = consume(election.lead(() => NEVER));
    expect(election.health).toMatchObject({ phase: 'waiting', problem: new Error('down 1'), isHealthy: true });
    const waits = [100, 200, 400, 400]; // doubling, up to the limit
    for (const [index, wait] of waits.entries()) {
      clock.pass(wait - 1);
      expect(throne.failures).toHaveLength(3 - index);
      expect(throne.seats).toHaveLength(0);
      clock.pass(1);
    }
    expect(election.health).toMatchObject({ phase: 'leading', problem: undefined });
    random.mockRestore();
    await a.close();
  });

  it('waits up to half of that less by chance, and doubles it for as long as max allows', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const waits = [4, 8, 16, 32, 64, 128, 128].map((full) => full * 0.75);
    throne.failures.push(...waits.map(() => new Error('down')));
    const a = consume(candidate({ backoff: { initial: 4, max: 128 } }).lead(() => NEVER));
    for (const [index, wait] of waits.entries()) {
      clock.pass(wait - 1);
      expect(throne.failures).toHaveLength(waits.length - 1 - index);
      clock.pass(1);
    }
    expect(throne.seats).toHaveLength(1);
    random.mockRestore();
    await a.close();
  });

  it('starts with the shortest wait again where campaigning fails after it has led', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0); // nothing less by chance
    throne.failures.push(new Error('down'), new Error('down'));
    const election = candidate({ coolDown: 10, backoff: { initial: 100, max: 1000 } });
    const a = consume(election.lead(() => NEVER));
    clock.pass(100);
    clock.pass(200);
    expect(election.state.phase).toBe('leading');
    throne.failures.push(new Error('down again'));
    await election.resign();
    clock.pass(10);
    expect(election.health).toMatchObject({ phase: 'waiting', problem: new Error('down again') });
    clock.pass(99);
    expect(election.state.phase).toBe('waiting');
    clock.pass(1);
    expect(election.state.phase).toBe('leading');
    random.mockRestore();
    await a.close();
  });

  it('is unhealthy where it leads and has not renewed for longer than the deadline for that', async () => {
    const line = { isCut: false };
    const election = candidate({ campaign: throne.campaign(line), lease: 900, renewDeadline: 500 });
    const a = consume(election.lead(() => timer(5000, clock)));
    clock.pass(400);
    expect(election.health).toMatchObject({ isHealthy: true, sinceRenewal: 100 });
    const gate = new Gate();
    await a.close();
    const b = consume(election.lead(() => gate.promise));
    line.isCut = true;
    clock.pass(500);
    expect(election.health).toMatchObject({ isHealthy: true, sinceRenewal: 500, phase: 'stopping' });
    clock.pass(1);
    expect(election.health).toMatchObject({ isHealthy: false, sinceRenewal: 501, self: true });
    gate.open();
    await b.close();
    expect(election.health).toMatchObject({ isHealthy: true, sinceRenewal: 0, self: false });
  });

  it('counts from the last renewal at the earliest, where the lease lasts longer than was said', async () => {
    const election = candidate({ lease: 600 });
    const a = consume(election.lead(() => NEVER));
    expect(election.health.sinceRenewal).toBe(0);
    clock.pass(299);
    expect(election.health.sinceRenewal).toBe(0);
    await a.close();
  });

  it('reports what work fails with that had been told to stop, unless it only says so', async () => {
    const quiet = consume(
      candidate().lead(({ signal }) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => { reject(new Error('stopped', { cause: signal.reason })); });
      })), // prettier-ignore
    );
    await quiet.close();
    expect(await reported()).toEqual([]);
    const losing = consume(
      candidate().lead(({ lost }) => new Promise((_, reject) => {
        lost.addEventListener('abort', () => { reject(lost.reason as Error); });
      })), // prettier-ignore
    );
    throne.free();
    clock.pass(300);
    await losing.close();
    expect(await reported()).toEqual([]);
    const loud = candidate().lead(({ signal }) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => { reject(new Error('cleanup failed')); });
    })).subscribe(); // prettier-ignore
    loud.unsubscribe();
    await Promise.resolve();
    expect(await reported()).toEqual(['cleanup failed']);
  });

  it('is taken part in once at a time', async () => {
    const election = candidate();
    const a = consume(election.lead(() => NEVER));
    expect(await rejection(lastValue(election.lead(() => NEVER)))).toMatchObject({
      code: 'RXSCOPE_RESOURCE',
      message: expect.stringContaining('takes part already') as string,
    });
    await a.close();
    expect(await lastValue(election.lead(() => of('again')))).toBe('again');
  });

  it('refuses a lock without a number', async () => {
    throne.next = null;
    expect(await rejection(lastValue(candidate().lead(() => of(1))))).toMatchObject({ name: 'TypeError' });
    expect(throne.held).toBeNull();
  });

  it('needs no deadline of a lock that lasts as long as a session', async () => {
    const signal = new AbortController().signal;
    const election = leaderElection({ campaign: fromValue({ fencing: 7, isHeld: true, signal }), self: 'a' });
    const seen = election.lead(({ term }) => of([term, election.health]));
    expect(await lastValue(seen)).toEqual([
      7,
      { leader: 'a', term: 7, self: true, phase: 'leading', isHealthy: true, sinceRenewal: 0, problem: undefined },
    ]);
  });

  const refused: readonly [string, object, new () => Error][] = [
    ['no campaign', { campaign: undefined }, TypeError],
    ['a watch that is no observable', { watch: 5 }, TypeError],
    ['an option that there is none of', { renewDeadlin: 5 }, TypeError],
    ['a negative cool-down', { coolDown: -1 }, RangeError],
    ['a lease that is no number', { lease: '5' }, RangeError],
    ['a back-off that is no number', { backoff: { max: Number.NaN } }, RangeError],
  ];
  it.each(refused)('refuses %s', (_, options, error) => {
    expect(() => candidate(options)).toThrow(error);
  });

  it('refuses work that is no function', () => {
    expect(() => candidate().lead(5 as never)).toThrow(TypeError);
  });

  it('names a candidate that has no name by host and process', async () => {
    const election = leaderElection({ campaign: throne.campaign(), scheduler: clock });
    expect(await lastValue(election.lead(({ self }) => of(self)))).toMatch(new RegExp(`:${String(process.pid)}$`));
  });
});
