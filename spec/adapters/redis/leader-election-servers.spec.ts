import { Redis } from 'ioredis';
import pg from 'pg';
import { NEVER, Observable } from 'rxjs';
import { advisoryLock } from '../../../lib/adapters/postgres/advisory-lock.js';
import { connection } from '../../../lib/adapters/postgres/connection.js';
import { leaderElection } from '../../../lib/adapters/redis/leader-election.js';
import type { LeaderElection } from '../../../lib/adapters/redis/leader-election-class.js';
import type { LeaderLease } from '../../../lib/adapters/redis/leader-election-port.js';
import { redisClient } from '../../../lib/adapters/redis/redis-client.js';
import { redisLock } from '../../../lib/adapters/redis/redis-lock.js';
import { andThen, consume, lastValue, using, type Consumption, type Resource } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { describeWithOurPostgres, describeWithOurRedis } from '../../support/services.js';

interface Candidate {
  readonly self: string;
  readonly election: LeaderElection;
  readonly consumption: Consumption;
}

/** Candidates that write down when they lead, and never two at a time. */
function crowd(campaign: () => Resource<LeaderLease>, log: string[]): readonly Candidate[] {
  let leading = 0;
  return ['a', 'b', 'c'].map((self) => {
    const election = leaderElection({ campaign: campaign(), self, coolDown: 50, backoff: { initial: 1, max: 20 } });
    const work = election.lead(
      ({ term }) =>
        new Observable(() => {
          log.push(`${self} leads term ${String(term)}${++leading > 1 ? ', and is not alone' : ''}`);
          return () => leading--;
        }),
    );
    return { self, election, consumption: consume(work) };
  });
}

async function theLeader(candidates: readonly Candidate[], newerThan = 0): Promise<Candidate> {
  const found = await eventually(`somebody leads a term after ${String(newerThan)}`, () =>
    candidates.find(({ election: { state } }) => state.self && (state.term ?? 0) > newerThan),
  );
  return found as Candidate;
}

describeWithOurPostgres('leaderElection over advisoryLock', (server) => {
  const sessions = (): Resource<pg.Client> => connection(() => new pg.Client(server().config));

  it('another one leads a higher term when the session of the leader is ended', async () => {
    const log: string[] = [];
    const candidates = crowd(() => advisoryLock(sessions(), 'leader', { fencing: true }), log);
    for (let term = 1; term <= 3; term++) {
      const leader = await theLeader(candidates, term - 1);
      expect(leader.election.state).toEqual({ leader: leader.self, term, self: true, phase: 'leading' });
      await lastValue(
        using(sessions(), (client) =>
          client.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"),
        ),
      );
    }
    await theLeader(candidates, 3);
    expect(log.map((line) => line.slice(2))).toEqual([1, 2, 3, 4].map((term) => `leads term ${String(term)}`));
    await Promise.all(candidates.map(({ consumption }) => consumption.close()));
  });

  it('another one leads when the leader resigns', async () => {
    const log: string[] = [];
    const candidates = crowd(() => advisoryLock(sessions(), 'resigning', { fencing: true }), log);
    const first = await theLeader(candidates);
    await first.election.resign();
    const second = await theLeader(candidates, 1);
    expect(second.self).not.toBe(first.self);
    await Promise.all(candidates.map(({ consumption }) => consumption.close()));
  });
});

describeWithOurRedis('leaderElection over redisLock', (server) => {
  const lock = (ttl: number): Resource<LeaderLease> =>
    redisClient(() => new Redis(server().url)).pipe(andThen((redis) => redisLock(redis, 'leader', { ttl })));

  it('another one leads a higher term when the leader resigns', async () => {
    const log: string[] = [];
    const candidates = crowd(() => lock(10_000), log);
    const first = await theLeader(candidates);
    const { term } = first.election.state;
    await first.election.resign();
    const second = await theLeader(candidates, term ?? 0);
    expect(second.self).not.toBe(first.self);
    expect(log).toHaveLength(2);
    expect(log.join()).not.toContain('not alone');
    await Promise.all(candidates.map(({ consumption }) => consumption.close()));
  });

  it('stops the work while the server is frozen, before the lease is over, and leads again afterwards', async () => {
    const election = leaderElection({
      campaign: lock(600),
      self: 'a',
      lease: 600,
      coolDown: 1,
      backoff: { initial: 1, max: 20 },
    });
    const phases: string[] = [];
    election.state$.subscribe(({ phase, self }) => phases.push(`${phase}${self ? ', relied on' : ''}`));
    const consumption = consume(election.lead(() => NEVER));
    await eventually('it leads', () => election.state.self);
    const { term } = election.state;
    process.kill(server().child.pid as number, 'SIGSTOP');
    try {
      await eventually('it has stepped down', () => election.state.phase !== 'leading');
    } finally {
      process.kill(server().child.pid as number, 'SIGCONT');
    }
    expect(phases).toContain('stopping, relied on'); // while nobody else can have it yet
    await eventually('it leads again', () => election.state.self && (election.state.term ?? 0) > (term ?? 0));
    await consumption.close();
  });
});
