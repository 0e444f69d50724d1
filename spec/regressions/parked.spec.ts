/**
 * One who is taken out of a line, and leaves before it is told: inside the call that serves or refuses it.
 */
import { NEVER, type Subscription } from 'rxjs';

import { lease, openResources, pool, resource, semaphore, using } from '../../lib/index.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';

describe('a borrower that leaves because of the event that tells it is lent a handle', () => {
  it('gives the handle back, once', async () => {
    const log: string[] = [];
    const held = await lease(pool(resource({ acquire: () => 'handle' }), { max: 1 }));
    const { lease: borrowed, events$ } = held.value;
    const first = borrowed.subscribe();
    const second = using(borrowed, (handle) => {
      log.push(handle);
      return NEVER;
    }).subscribe();
    events$.subscribe(({ type }) => {
      log.push(type);
      if (type === 'borrowed') second.unsubscribe();
    });

    first.unsubscribe();

    expect(log.slice(0, 3)).toEqual(['returned', 'borrowed', 'returned']);
    expect(log).not.toContain('handle');
    expect(held.value.stats).toMatchObject({ idle: 1, borrowed: 0, waiting: 0, served: 2, leases: 0 });
    await held.release();
    expect(openResources()).toEqual([]);
  });
});

describe('one who is refused by a resize after another one whose error made it leave', () => {
  it('has left, and nothing else', async () => {
    const errors: unknown[] = [];
    const permits = semaphore(3);
    const held = permits.permit.subscribe();
    let second: Subscription | null = null;
    permits.permits(3).subscribe({
      error: (error: unknown) => {
        errors.push(error);
        second?.unsubscribe();
      },
    });
    second = permits.permits(3).subscribe({ error: (error: unknown) => errors.push(error) });

    permits.resize(2);

    expect(errors).toEqual([expect.any(RangeError)]);
    expect(await takeUnhandledErrors()).toEqual([]);
    held.unsubscribe();
    expect(openResources()).toEqual([]);
    expect(permits.stats()).toMatchObject({ available: 2, waiting: 0 });
  });
});
