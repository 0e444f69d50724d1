import { asyncScheduler, VirtualTimeScheduler, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { IdleTimer } from '../../lib/sharing/idle-timer.js';

describe('IdleTimer', () => {
  let scheduler: VirtualTimeScheduler;
  let rings: number[];
  let timer: IdleTimer;

  beforeEach(() => {
    scheduler = new VirtualTimeScheduler();
    rings = [];
    timer = new IdleTimer(scheduler, () => rings.push(scheduler.now()));
  });

  const schedulerLike = (told: (delay: number) => void): SchedulerLike => ({
    now: () => scheduler.now(),
    schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T) => {
      told(delay);
      return scheduler.schedule(work, delay, state);
    },
  });

  it('rings once, when so long has passed', () => {
    timer.start(10);
    scheduler.flush();
    expect(rings).toEqual([10]);
  });

  it('started anew rings that much later', () => {
    timer.start(10);
    scheduler.schedule(() => {
      timer.start(10);
    }, 4);
    scheduler.flush();
    expect(rings).toEqual([14]);
  });

  it('stopped does not ring, and may be stopped again and started again', () => {
    timer.start(10);
    timer.stop();
    timer.stop();
    scheduler.flush();
    expect(rings).toEqual([]);
    timer.start(5);
    scheduler.flush();
    expect(rings).toHaveLength(1);
  });

  it('leaves nothing scheduled when it is stopped', () => {
    timer.start(10);
    timer.stop();
    scheduler.flush();
    expect(scheduler.now()).toBe(0);
  });

  it('of Infinity never rings, and schedules nothing', () => {
    timer.start(10);
    timer.start(Infinity);
    scheduler.flush();
    expect(scheduler.now()).toBe(0);
    expect(rings).toEqual([]);
  });

  it('longer than a runtime can wait rings in time, not at once', () => {
    const month = 30 * 86_400_000;
    const delays: number[] = [];
    const watched = schedulerLike((delay) => delays.push(delay));
    new IdleTimer(watched, () => rings.push(scheduler.now())).start(month);
    scheduler.flush();
    expect(rings).toEqual([month]);
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
  });

  it('stops between the parts of a long time', () => {
    timer.start(2 ** 31 + 10);
    scheduler.schedule(() => {
      timer.stop();
    }, 2 ** 31);
    scheduler.flush();
    expect(rings).toEqual([]);
  });

  it('asks no clock', () => {
    let asked = 0;
    const blind = { ...schedulerLike(() => undefined), now: () => ++asked };
    new IdleTimer(blind, () => rings.push(1)).start(3);
    scheduler.flush();
    expect([rings, asked]).toEqual([[1], 0]);
  });

  it('runs on the schedulers of RxJS', () => {
    const idle = new IdleTimer(asyncScheduler, () => rings.push(1));
    idle.start(1_000_000);
    expect(asyncScheduler.actions).toEqual([]);
    idle.stop();
    expect(rings).toEqual([]);
  });
});
