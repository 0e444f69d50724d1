import { delay, EMPTY, NEVER, of, timer, VirtualTimeScheduler, type Observable } from 'rxjs';
import { acquireTimeout, releaseTimeout, resource, retryAcquire, using } from '../../lib/index.js';
import { inVirtualTime, Journal } from '../support/journal.js';

describe('law 19: a timer that an option asks for', () => {
  const slowRelease = { acquire: () => 1, release: () => NEVER };

  // The scheduler of these tests stands still until it is flushed: real time cannot do what they expect.
  const scheduled: readonly [string, (scheduler: VirtualTimeScheduler) => Observable<unknown>, string][] = [
    ['the option releaseTimeout', (scheduler) => using(resource({ ...slowRelease, releaseTimeout: 50, scheduler }), () => EMPTY), 'error ReleaseTimeoutError'], // prettier-ignore
    ['the option releaseTimeout of a generator', (scheduler) => using(resource(async function* () { yield 1; await new Promise(() => undefined); }, { releaseTimeout: 50, scheduler }), () => EMPTY), 'error ReleaseTimeoutError'], // prettier-ignore
    ['the operator releaseTimeout', (scheduler) => using(resource(slowRelease).pipe(releaseTimeout(50, scheduler)), () => EMPTY), 'error ReleaseTimeoutError'], // prettier-ignore
    ['the operator acquireTimeout', (scheduler) => using(resource({ acquire: () => NEVER, interruptible: true }).pipe(acquireTimeout(50, scheduler)), () => EMPTY), 'error AcquireTimeoutError'], // prettier-ignore
    ['retryAcquire with a delay made by hand', (scheduler) => { let tries = 0; return using(resource({ acquire: () => { if (tries++ === 0) throw new Error('first'); return 1; } }).pipe(retryAcquire({ delay: () => timer(50, scheduler) })), () => EMPTY); }, 'complete'], // prettier-ignore
  ];

  it.each(scheduled.filter(([title]) => !title.includes('generator')))(
    '%s runs on the scheduler it is given',
    (_, make, end) => {
      const scheduler = new VirtualTimeScheduler();
      const journal = new Journal(() => scheduler.now());
      make(scheduler).subscribe(journal.observer());
      expect(journal.lines).toEqual([]);
      scheduler.flush();
      expect(journal.lines).toEqual([`50 ${end}`]);
    },
  );

  it('the option releaseTimeout of a generator runs on the scheduler it is given', async () => {
    const scheduler = new VirtualTimeScheduler();
    const journal = new Journal(() => scheduler.now());
    const [, make, end] = scheduled[1] as (typeof scheduled)[number];
    make(scheduler).subscribe(journal.observer());
    for (let turn = 0; turn < 10; turn++) await Promise.resolve(); // the generator gets to its `yield`
    expect(journal.lines).toEqual([]);
    scheduler.flush();
    expect(journal.lines).toEqual([`50 ${end}`]);
  });

  it('leaves nothing on the scheduler once it is not needed any more', () => {
    const scheduler = new VirtualTimeScheduler();
    const quick = resource({ acquire: () => of(1).pipe(delay(1, scheduler)), release: () => timer(1, scheduler) }).pipe(
      acquireTimeout(50, scheduler),
      releaseTimeout(50, scheduler),
    );
    using(quick, () => EMPTY).subscribe();
    scheduler.flush();
    expect(scheduler.actions).toEqual([]);
    expect(scheduler.now()).toBeLessThan(50);
  });

  it('runs in virtual time without one as well, where a TestScheduler runs', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      using(resource({ ...slowRelease, releaseTimeout: 50 }), () => EMPTY).subscribe(journal.observer());
      using(resource({ acquire: () => NEVER, interruptible: true }).pipe(acquireTimeout(70)), () => EMPTY).subscribe(journal.observer()); // prettier-ignore
      flush();
    });
    expect(lines).toEqual(['50 error ReleaseTimeoutError', '70 error AcquireTimeoutError']);
  });
});
