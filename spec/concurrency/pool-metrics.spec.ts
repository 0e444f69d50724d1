import { Subject } from 'rxjs';
import { pool, poolMetrics, resource, using, type PoolEvent, type PoolMetrics } from 'rxscope';
import { testResources } from 'rxscope/testing';

/** What has been counted of these. */
function counted(...events: PoolEvent[]): PoolMetrics {
  const source = new Subject<PoolEvent>();
  const seen: PoolMetrics[] = [];
  source.pipe(poolMetrics()).subscribe((metrics) => seen.push(metrics));
  for (const event of events) source.next(event);
  source.complete();
  expect(seen).toHaveLength(1);
  return seen[0] as PoolMetrics;
}

const holder = { name: 'using', heldFor: 1, stack: null };

describe('poolMetrics', () => {
  it.each<[keyof PoolMetrics, PoolEvent]>([
    ['wait', { type: 'borrowed', waited: 7 }],
    ['gaveUp', { type: 'gave-up', waited: 7, error: null }],
    ['usage', { type: 'returned', used: 7 }],
    ['create', { type: 'created', took: 7 }],
    ['createFailed', { type: 'create-failed', took: 7, error: null, retryIn: 1 }],
    ['validate', { type: 'validated', took: 7, isValid: true, error: null }],
    ['reset', { type: 'reset', took: 7, isValid: true, error: null }],
    ['destroy', { type: 'destroyed', took: 7, reason: 'idle' }],
  ])('counts into %s, and nowhere else', (name, event) => {
    const metrics = counted(event);
    expect(metrics[name]).toMatchObject({ count: 1, sum: 7, max: 7 });
    const { leaks, destroyed, ...histograms } = metrics;
    expect(Object.values(histograms).reduce((sum, { count }) => sum + count, 0)).toBe(1);
    expect([leaks, Object.keys(destroyed)]).toEqual([0, event.type === 'destroyed' ? ['idle'] : []]);
  });

  it('counts why handles were destroyed', () => {
    const { destroyed } = counted(
      { type: 'destroyed', took: 1, reason: 'idle' },
      { type: 'destroyed', took: 1, reason: 'lost' },
      { type: 'destroyed', took: 1, reason: 'idle' },
    );
    expect(destroyed).toEqual({ idle: 2, lost: 1 });
  });

  it('counts leaks, also those that have come back', () => {
    expect(counted({ type: 'leaked', holder }, { type: 'unleaked', holder }).leaks).toBe(1);
  });

  it('tells what there is every so often, and at the end', () => {
    testResources(({ cold, flush }) => {
      const events = { a: { type: 'borrowed', waited: 3 }, b: { type: 'returned', used: 20 } } as const;
      const seen: number[][] = [];
      cold<PoolEvent>('a 5ms b 9ms |', events)
        .pipe(poolMetrics({ every: 4 }))
        .subscribe(({ wait, usage }) => seen.push([wait.count, usage.count]));
      flush();
      expect(seen).toEqual([[1, 0], [1, 1], [1, 1], [1, 1]]); // prettier-ignore
    });
  });

  it('passes on an error and stops', () => {
    const source = new Subject<PoolEvent>();
    const told: unknown[] = [];
    source.pipe(poolMetrics()).subscribe({ error: (error: unknown) => told.push(error) });
    source.error('broken');
    expect(told).toEqual(['broken']);
  });

  it('takes bounds of its own', () => {
    const source = new Subject<PoolEvent>();
    const seen: PoolMetrics[] = [];
    source.pipe(poolMetrics({ bounds: [5, 50] })).subscribe((metrics) => seen.push(metrics));
    source.next({ type: 'created', took: 6 });
    source.complete();
    expect(seen[0]?.create.buckets.map(({ upTo, count }) => [upTo, count])).toEqual([[5, 0], [50, 1], [Infinity, 1]]); // prettier-ignore
  });

  it('counts what a real pool does', () => {
    const seen: PoolMetrics[] = [];
    using(pool(resource({ acquire: () => 'handle' }), { max: 1 }), (handles) => {
      handles.events$.pipe(poolMetrics()).subscribe((metrics) => seen.push(metrics));
      using(handles.lease, () => [1]).subscribe();
      using(handles.lease, () => {
        throw new Error('of the body');
      }).subscribe({ error: () => undefined });
      return [];
    }).subscribe();
    expect(seen).toHaveLength(1);
    const [metrics] = seen;
    expect([metrics?.wait.count, metrics?.usage.count, metrics?.create.count]).toEqual([2, 2, 1]);
    expect(metrics?.destroyed).toEqual({ failed: 1 });
  });

  it.each([[[]], [[5, 1]], [[1, 1]], [[-1]], [[1, Infinity]], [[NaN]]])('refuses the bounds %p', (bounds) => {
    expect(() => poolMetrics({ bounds })).toThrow(RangeError);
  });

  it('refuses a time that is none', () => {
    expect(() => poolMetrics({ every: -1 })).toThrow(RangeError);
  });
});
