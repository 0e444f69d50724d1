import { combine, fromDisposable, lease, resource, type Exit, type Resource } from '../../../lib/index.js';
import { checkResourceContract, resourceContract } from '../../../lib/testing/contracts/check-resource.js';
import type { ResourceSubject } from '../../../lib/testing/contracts/held-view.js';
import { failureOf } from './support/failures.js';

/** Something that is open or not, and counts. */
class Door {
  isOpen = true;

  constructor(private readonly house: House) {
    house.openings++;
  }

  close(): void {
    this.isOpen = false;
    this.house.closings++;
  }
}

class House {
  openings = 0;
  closings = 0;
  readonly told: Exit[] = [];

  readonly counted = (made: Resource<Door>): ResourceSubject<Door> => ({
    resource: made,
    isOpen: (door) => door.isOpen,
    opened: () => this.openings,
    closed: () => this.closings,
    exits: () => this.told,
  });
}

type Fault = (house: House) => Resource<Door>;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('checkResourceContract', () => {
  const honest: Fault = (house) =>
    resource({
      acquire: async () => new Door(house),
      release: async (door, exit) => {
        house.told.push(exit);
        await turn();
        door.close();
      },
    });

  describe('on a resource that says all about itself', () => {
    checkResourceContract(() => {
      const house = new House();
      return house.counted(honest(house));
    });
  });

  describe('on a resource alone', () => {
    checkResourceContract(() => honest(new House()));
  });

  describe('on one that answers whoever asked later first', () => {
    checkResourceContract(() => {
      let asked = 0;
      const opened = resource({
        async acquire() {
          const turns = asked++ % 2 === 0 ? 4 : 0;
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          return { isOpen: true };
        },
        release: (handle) => {
          handle.isOpen = false;
        },
      });
      return { resource: opened, isOpen: (handle) => handle.isOpen };
    });
  });

  describe('on one that is synchronous', () => {
    checkResourceContract(async () => fromDisposable(() => new Door(new House()), 'close'), { synchronous: true });
  });

  describe('on one that suppresses errors', () => {
    checkResourceContract(() => resource({ acquire: () => 1, exit: () => true }), {
      suppresses: true,
      synchronous: true,
    });
  });

  describe('on one that is shared', () => {
    checkResourceContract(
      () => {
        const house = new House();
        const users: unknown[] = [];
        let door: Door | undefined;
        const shared = resource({
          acquire: () => (users.push(0), (door ??= new Door(house))),
          release: (held) => {
            users.pop();
            if (users.length > 0) return;
            door = undefined;
            held.close();
          },
        });
        return { resource: shared, isOpen: (held: Door) => held.isOpen, opened: () => house.openings, closed: () => house.closings };
      },
      { shared: true, synchronous: true },
    );
  }); // prettier-ignore

  const title = {
    nothing: 'acquires nothing before it is subscribed (law 5)',
    complete: 'is released before the consumer is told completion (laws 1 and 3)',
    error: 'is released before the consumer is told the error of the body (laws 1 and 3)',
    told: 'tells its release how the scope ended (law 7)',
    held: 'is held while the body runs (law 2)',
    row: 'is released before the next one is acquired, many times in a row (law 3)',
    left: 'is released when its consumer leaves while it is held (law 12)',
    entering: 'is released when its consumer leaves while it is acquired (law 13)',
    releasing: 'is released once when its consumer leaves while it is released (law 14)',
    emission: 'is released when its consumer leaves inside an emission (law 15)',
    sync: 'acquires, runs and releases inside subscribe (law 17)',
    around: 'is released before what is around it, when the consumer leaves (law 4)',
    twice: 'is acquired for each of two subscriptions at a time (law 5)',
    lease: 'is released once by a lease, however often that is asked (law 26)',
  };

  const eager: Fault = (house) => {
    const door = new Door(house);
    return resource({ acquire: () => door, release: () => { door.close(); } });
  }; // prettier-ignore
  const forgetful: Fault = (house) => resource({ acquire: () => new Door(house) });
  const onCompletion: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door, { kind }) => { if (kind === 'complete') door.close(); } }); // prettier-ignore
  const onError: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door, { kind }) => { if (kind !== 'unsubscribe') door.close(); } }); // prettier-ignore
  const unawaited: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door) => { void turn().then(() => { door.close(); }); } }); // prettier-ignore
  const twice: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door) => { door.close(); door.close(); } }); // prettier-ignore
  const throwing: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door) => { door.close(); throw new Error('not mine'); } }); // prettier-ignore
  const silent: Fault = (house) =>
    resource({ acquire: () => new Door(house), exit: (door) => { door.close(); return true; } }); // prettier-ignore
  const untold: Fault = (house) =>
    resource({ acquire: () => new Door(house), release: (door) => { house.told.push({ kind: 'complete' }); door.close(); } }); // prettier-ignore
  const shared: Fault = (house) => {
    let door: Door | undefined;
    return resource({ acquire: () => (door ??= new Door(house)), release: () => { if (door?.isOpen === true) door.close(); door = undefined; } }); // prettier-ignore
  };
  const leaking: Fault = (house) =>
    resource({
      acquire: async ({ signal }) => {
        const door = new Door(house);
        await turn();
        signal.throwIfAborted(); // the door is open
        return door;
      },
      release: (door) => { door.close(); },
    }); // prettier-ignore
  const closed: Fault = (house) =>
    resource({ acquire: () => { const door = new Door(house); door.close(); return door; } }); // prettier-ignore
  const hung: (() => void)[] = [];
  const hanging: Fault = (house) => resource({ acquire: () => new Door(house), release: () => new Promise<void>((resolve) => hung.push(resolve)) }); // prettier-ignore

  it.each<[string, Fault, string, string]>([
    ['acquires where it is made', eager, title.nothing, 'law 5: nothing acquired where it is made | acquired 1 times'],
    ['never releases', forgetful, title.complete, 'law 3: everything released once when the consumer is told completion | acquired once, released 0 times'],
    ['releases on completion only', onCompletion, title.error, 'law 3: everything released once when the consumer is told the error | acquired once, released 0 times'],
    ['does not release when it is left', onError, title.left, 'law 12: everything released once when settled() resolves | acquired once, released 0 times'],
    ['does not release when it is left inside an emission', onError, title.emission, 'law 15: everything released once after take(1) of a synchronous body'],
    ['does not await its release', unawaited, title.complete, 'law 3: everything released once when the consumer is told completion'],
    ['does not await its release, in a row', unawaited, title.row, 'law 3: one at a time where one follows the other | acquired 2 times, released 0 times'],
    ['does not await its release, inside another', unawaited, title.around, 'law 4: everything released once when what is around it is released'],
    ['does not await its release when it is left', unawaited, title.left, 'law 12: everything released once when settled() resolves'],
    ['does not await its release by a lease', unawaited, title.lease, 'law 26: everything released once when release() has answered'],
    ['releases twice', twice, title.complete, 'law 3: everything released once when the consumer is told completion | acquired once, released 2 times'],
    ['releases twice by a lease', twice, title.lease, 'law 26: everything released once when release() has answered | acquired once, released 2 times'],
    ['fails to release', throwing, title.complete, "law 8: the consumer told 'complete' | it was told error Error: not mine"],
    ['fails to release when it is left', throwing, title.left, 'law 1: no error that nobody handled | Error: not mine'],
    ['suppresses errors', silent, title.error, "law 8: the consumer told 'error' | it was told complete"],
    ['does not pass on how its scope ended', untold, title.told, 'law 7: told complete, error Error: of the body, unsubscribe | told complete, complete, complete'],
    ['shares what it acquires', shared, title.twice, 'law 5: acquired 2 times for two subscriptions at a time | acquired once'],
    ['leaks what comes late', leaking, title.entering, 'law 13: everything released once after its consumer left while it was acquired | acquired once, released 0 times'],
    ['gives what is closed', closed, title.held, 'law 2: handle 1 open while the body runs | it is closed'],
    ['hangs when it releases', hanging, title.complete, "law 3: the consumer told 'complete' | it was told nothing, 30 ms after"],
    ['waits for a promise', honest, title.sync, 'law 17: a value and the end inside subscribe | 0 values and no end when subscribe returns'],
  ])('finds a resource that %s', async (_, make, name, failure) => {
    const factory = (): ResourceSubject<Door> => {
      const house = new House();
      return house.counted(make(house));
    };
    await expect(failureOf(resourceContract(factory, { synchronous: true, patience: 30 }), name)).resolves.toContain(failure);
    for (const go of hung.splice(0)) go();
  }); // prettier-ignore

  it('finds what is open without a counter', async () => {
    const cases = resourceContract(() => ({ resource: forgetful(new House()), isOpen: async (door) => door.isOpen }));
    await expect(failureOf(cases, title.complete)).resolves.toBe(
      'law 3: everything closed when the consumer is told completion | handle 1 of 1 is open',
    );
  });

  it('finds one handle for two subscriptions without a counter', async () => {
    const door = new Door(new House());
    const cases = resourceContract(() => resource({ acquire: () => door }));
    await expect(failureOf(cases, title.twice)).resolves.toBe(
      'law 5: a handle for each of two subscriptions | both have the same',
    );
  });

  it('finds nothing wrong with what is made of others', async () => {
    const house = new House();
    await using held = await lease(combine([honest(house), honest(house)]));
    expect(held.value).toHaveLength(2);
    for (const { run } of resourceContract(() => combine([honest(new House()), honest(new House())]))) await run();
  });
});
