import { persist } from '../../../lib/adapters/redis/persist.js';
import type { LockNode } from '../../../lib/adapters/redis/lock-node.js';
import { lockPlan } from '../../../lib/adapters/redis/lock-options.js';
import { Clock } from '../../support/clock.js';
import { pass } from './support/fake-redis.js';

describe('persist', () => {
  const boom = new Error('boom');
  let clock: Clock;
  beforeEach(() => {
    clock = new Clock();
  });

  /** Nodes that answer one thing after the other: yes, no, a failure, nothing. */
  function run(...answers: ('yes' | 'no' | 'fail' | 'silent')[][]) {
    const told: unknown[] = [];
    const failures: unknown[] = [];
    const times: number[] = [];
    const nodes = answers.map((row) => row as unknown as LockNode);
    const ask = (node: LockNode): Promise<boolean> => {
      times.push(clock.now());
      const answer = (node as unknown as string[]).shift();
      if (answer === 'fail') return Promise.reject(boom);
      return answer === 'silent' ? new Promise(() => undefined) : Promise.resolve(answer === 'yes');
    };
    const plan = lockPlan('a', { ttl: 1000, scheduler: clock });
    const subscription = persist(nodes, ask, plan, (error) => failures.push(error)).subscribe({
      next: (value) => told.push(value),
      complete: () => told.push('complete'),
      error: (error: unknown) => told.push(error),
    });
    return { told, failures, times, subscription };
  }

  it('tells that most have done it, without waiting for the others', async () => {
    const { told } = run(['yes'], ['yes'], ['silent']);
    await pass(clock, 0);
    expect(told).toEqual([true, 'complete']);
  });

  it('tells that most have not, as soon as that is settled', async () => {
    const { told } = run(['no'], ['silent'], ['no']);
    await pass(clock, 0);
    expect(told).toEqual([false, 'complete']);
  });

  it('tries again what fails, each node for itself', async () => {
    const { told, failures } = run(['fail', 'fail', 'yes'], ['yes'], ['silent']);
    await pass(clock, 200);
    expect(told).toEqual([true, 'complete']);
    expect(failures).toEqual([boom, boom]);
    expect(clock.timers).toBe(0);
  });

  it('waits longer and longer, up to a sixth of the ttl', async () => {
    const { times, subscription } = run(Array.from({ length: 50 }, () => 'fail'));
    await pass(clock, 3000);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...waits.slice(0, 1))).toBeLessThanOrEqual(21);
    expect(Math.max(...waits)).toBeLessThanOrEqual(168);
    expect(Math.min(...waits.slice(5))).toBeGreaterThanOrEqual(83);
    subscription.unsubscribe();
    expect(clock.timers).toBe(0);
  });
});
