import { delay, of, Subject, timer, VirtualTimeScheduler } from 'rxjs';
import { keyed, openResources, resource, settled, shareResource, use, type Keyed, type Resource } from '../../lib/index.js'; // prettier-ignore
import { inVirtualTime } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';

/** Counts, and knows whether all that was acquired has been released. */
class Counted {
  acquired = 0;
  released = 0;
  /** The most that were there at a time. */
  most = 0;

  sync(): Resource<number> {
    return resource({
      acquire: () => this.come(),
      release: () => {
        this.released++;
      },
    });
  }

  async(): Resource<number> {
    return resource({
      acquire: async () => {
        await microtasks(3);
        return this.come();
      },
      release: async () => {
        await microtasks(3);
        this.released++;
      },
    });
  }

  private come(): number {
    this.acquired++;
    this.most = Math.max(this.most, this.acquired - this.released);
    return this.acquired;
  }
}

describe('Instance', () => {
  describe('left at every step', () => {
    // Three come one after the other, microtasks apart; one of them leaves after so many microtasks.
    it.each([0, 1, 2])('by user %p: the others get it, all is released, one at a time (law 1)', async (leaver) => {
      for (let step = 0; step <= 30; step++) {
        const counted = new Counted();
        const shared = counted.async().pipe(shareResource());
        const got: number[] = [];
        const users = [0, 1, 2].map((user) => shared.subscribe(() => got.push(user)));
        await microtasks(step);
        users[leaver]?.unsubscribe();
        await microtasks(40);
        const others = [0, 1, 2].filter((user) => user !== leaver);
        expect({ step, got: got.filter((user) => user !== leaver) }).toEqual({ step, got: others });
        expect(counted.acquired).toBe(1);
        for (const user of users) user.unsubscribe();
        await settled();
        expect([counted.acquired, counted.released, counted.most]).toEqual([1, 1, 1]);
        expect(openResources()).toEqual([]);
      }
    });

    it('by all of them, and another one comes: it gets one of its own, after the other has gone', async () => {
      for (let step = 0; step <= 30; step++) {
        const counted = new Counted();
        const shared = counted.async().pipe(shareResource());
        const users = [0, 1].map(() => shared.subscribe());
        await microtasks(step);
        for (const user of users) user.unsubscribe();
        const got: number[] = [];
        const last = shared.subscribe((handle) => got.push(handle));
        await microtasks(60);
        expect({ step, got, most: counted.most }).toEqual({ step, got: [counted.acquired], most: 1 });
        last.unsubscribe();
        await settled();
        expect(counted.released).toBe(counted.acquired);
      }
    });

    it('at every frame, by any of them, in virtual time', () => {
      for (let frame = 0; frame <= 14; frame++) {
        for (const leaver of ['a', 'b', 'c']) {
          const { lines } = inVirtualTime((journal, { flush }) => {
            const source = journal.resource('x', { acquire: () => of('x').pipe(delay(3)), release: () => timer(3) });
            const shared = source.pipe(shareResource({ idleTimeout: 2 }));
            for (const [index, name] of ['a', 'b', 'c'].entries()) {
              timer(index).subscribe(() => {
                const user = shared.pipe(use(() => timer(4))).subscribe(journal.observer(`${name} `)); // prettier-ignore
                if (name === leaver) timer(frame).subscribe(() => user.unsubscribe()); // prettier-ignore
              });
            }
            flush();
          });
          const others = ['a', 'b', 'c'].filter((name) => name !== leaver);
          for (const name of others) expect(lines.filter((line) => line.includes(`${name} complete`))).toHaveLength(1);
          expect(lines.filter((line) => line.endsWith('+x'))).toHaveLength(leaver === 'a' && frame === 0 ? 2 : 1);
          expect(lines.filter((line) => line.includes('-x ok'))).toHaveLength(leaver === 'a' && frame === 0 ? 2 : 1);
        }
      }
    });
  });

  // Ten thousand each: what is left over by one shows in the next.
  describe('two things in one tick, in both orders', () => {
    const ROUNDS = 10_000;
    let counted: Counted;
    let scheduler: VirtualTimeScheduler;
    beforeEach(() => {
      counted = new Counted();
      scheduler = new VirtualTimeScheduler();
      scheduler.maxFrames = Infinity;
    });

    const rounds = (act: (round: number) => void): void => {
      for (let round = 0; round < ROUNDS; round++) act(round);
    };

    it('the idle time is over, and one comes', () => {
      const source = counted.sync().pipe(shareResource({ idleTimeout: 5, scheduler }));
      const handles: number[] = [];
      const come = (): void => {
        source.subscribe((handle) => handles.push(handle)).unsubscribe();
      };
      rounds((round) => {
        // Whoever was scheduled first is first.
        if (round % 2 === 0) scheduler.schedule(come, 5);
        come();
        if (round % 2 === 1) scheduler.schedule(come, 5);
        scheduler.flush();
      });
      // In time: one for both. Too late: a second one.
      expect(handles).toHaveLength(2 * ROUNDS);
      expect(counted.acquired).toBe(1.5 * ROUNDS);
      expect([counted.released, counted.most]).toEqual([counted.acquired, 1]);
    });

    it('it is invalidated, and its last user leaves', () => {
      const other = openMapOf(counted, scheduler);
      let left = 0;
      rounds((round) => {
        const user = other.map.get('x').subscribe();
        if (round % 2 === 0) other.map.invalidate('x');
        user.unsubscribe();
        if (round % 2 === 1) other.map.invalidate('x');
        left += other.map.keys.length;
      });
      expect([counted.acquired, counted.released, left]).toEqual([ROUNDS, ROUNDS, 0]);
      other.leave();
    });

    it('one comes, and the one who waits alone is cancelled', async () => {
      for (let round = 0; round < ROUNDS / 100; round++) {
        const shared = counted.async().pipe(shareResource());
        const first = shared.subscribe();
        const got: number[] = [];
        if (round % 2 === 0) first.unsubscribe();
        const second = shared.subscribe((handle) => got.push(handle));
        if (round % 2 === 1) first.unsubscribe();
        await microtasks(30);
        expect(got).toHaveLength(1);
        second.unsubscribe();
        await settled();
      }
      // Cancelled before: a second acquire. Cancelled after: the same one.
      expect([counted.acquired, counted.released, counted.most]).toEqual([150, 150, 1]);
    });

    it('one comes, and it is closed', async () => {
      const told: string[] = [];
      for (let round = 0; round < ROUNDS / 100; round++) {
        const other = openMapOf(counted, scheduler);
        const come = (): void => {
          other.map.get('x').subscribe({ error: (error: unknown) => told.push(nameOf(error)) });
        };
        if (round % 2 === 0) come();
        const closed = other.map.close({ force: true });
        if (round % 2 === 1) come();
        expect(await closed).toEqual(round % 2 === 0 ? { released: 1, ended: 1 } : { released: 0, ended: 0 });
        other.leave();
      }
      expect(told).toEqual(Array(ROUNDS / 100).fill('ClosedError'));
      expect([counted.acquired, counted.released]).toEqual([50, 50]);
    });

    it('it is lost, and its last user leaves', () => {
      const lost = new Subject<string>();
      const exits: string[] = [];
      const source = resource({ acquire: () => 1, release: (_, { kind }) => exits.push(kind), lost: () => lost });
      const shared = source.pipe(shareResource({ idleTimeout: 5, scheduler }));
      const errors: string[] = [];
      let watched = 0;
      rounds((round) => {
        const user = shared.subscribe({ error: (error: unknown) => errors.push(nameOf(error)) });
        if (round % 2 === 0) lost.next('gone');
        user.unsubscribe();
        if (round % 2 === 1) lost.next('gone');
        watched += lost.observed ? 1 : 0;
      });
      expect(watched).toBe(0);
      expect(exits).toEqual(Array(ROUNDS).fill('error'));
      expect(errors).toEqual(Array(ROUNDS / 2).fill('ResourceLostError'));
    });
  });
});

function nameOf(error: unknown): string {
  return (error as Error).name;
}

/** A map held by hand. */
function openMapOf(
  counted: Counted,
  scheduler: VirtualTimeScheduler,
): { readonly map: Keyed<string, number>; leave(): void } {
  let map!: Keyed<string, number>;
  const numbers = keyed<string, number>(() => counted.sync(), { idleTimeout: 5, scheduler });
  const scope = numbers.subscribe((handle) => (map = handle));
  return {
    map,
    leave: () => {
      scope.unsubscribe();
    },
  };
}
