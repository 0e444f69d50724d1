import { concat, concatMap, defer, EMPTY, merge, NEVER, of, Subject, takeUntil, timer, type Observable } from 'rxjs';
import {
  ClosedError,
  lease,
  rwLock,
  using,
  type Lease,
  type Resource,
  type RwLock,
  type Upgradable,
} from '../../lib/index.js';
import { inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { rejection } from '../support/rejection.js';
import { Visitors, type Visitor } from '../support/visitors.js'; // prettier-ignore

/** One who reads with `upgradable`, upgrades when told, and goes back when told. */
class Upgrader {
  readonly journal = new Journal();
  private readonly begun = new Subject<void>();
  private readonly ended = new Subject<void>();
  private readonly visitor: Visitor<Upgradable>;

  constructor(table: RwLock, visitors: Visitors, name = 'upgrader') {
    this.visitor = visitors.come(table.upgradable, name);
  }

  /** The resource that it may enter while it is inside. */
  get upgrade(): Resource<void> {
    return (this.visitor.handle as Upgradable).upgrade;
  }

  start(): { leave(): void } {
    const scope = using(this.upgrade, () => this.ended.pipe(takeUntil(this.begun)));
    const subscription = scope.subscribe(this.journal.observer());
    return {
      leave: () => {
        subscription.unsubscribe();
      },
    };
  }

  end(): void {
    this.ended.complete();
  }

  done(): void {
    this.visitor.done();
  }
}

describe('upgradable', () => {
  let visitors: Visitors;
  let table: RwLock;

  beforeEach(() => {
    visitors = new Visitors();
    table = rwLock({ name: 'table' });
  });

  afterEach(() => {
    visitors.empty();
    expect(table).toMatchObject({ readers: 0, writing: false, waiting: 0 });
  });

  it('reads beside readers, one at a time', () => {
    visitors.come(table.read, 'reader');
    const first = visitors.come(table.upgradable, 'first');
    visitors.come(table.upgradable, 'second');
    visitors.come(table.read, 'late');
    expect(visitors.are('inside')).toEqual(['reader', 'first', 'late']);
    expect(table).toMatchObject({ readers: 3, waiting: 1 });
    first.done();
    expect(visitors.are('waiting')).toEqual([]);
  });

  it('waits for a writer, and holds one up', () => {
    const writer = visitors.come(table.write, 'writer');
    const upgradable = visitors.come(table.upgradable, 'upgradable');
    visitors.come(table.write, 'next');
    writer.done();
    expect(visitors.are('inside')).toEqual(['upgradable']);
    upgradable.done();
    expect(visitors.are('inside')).toEqual(['next']);
  });

  it('has a handle that cannot be changed', () => {
    const { handle } = visitors.come(table.upgradable);
    expect(Object.isFrozen(handle)).toBe(true);
    expect(Object.keys(handle as object)).toEqual(['upgrade']);
  });

  it.each(['in the line for the intent', 'in the line for reading'])('is left %s, and takes nothing', (where) => {
    const first = visitors.come<unknown>(where.includes('intent') ? table.upgradable : table.write, 'first');
    const leaving = visitors.come(table.upgradable, 'leaving');
    visitors.come(table.upgradable, 'next');
    leaving.leave();
    expect(table.waiting).toBe(1);
    first.done();
    expect(visitors.are('inside')).toEqual(['next']);
  });

  describe('upgrade', () => {
    it('writes at once where nobody else reads (law 17)', () => {
      const seen: unknown[] = [];
      const scope = using(table.upgradable, ({ upgrade }) =>
        concat(
          defer(() => of(seen.push(table.readers))),
          using(upgrade, () => of(seen.push(table.writing))),
          defer(() => of(seen.push(table.readers))),
        ),
      );
      expect(notificationsOf(scope)).toEqual(['next 1', 'next 2', 'next 3', 'complete']);
      expect(seen).toEqual([1, true, 1]);
    });

    it('waits for the readers to leave, while new ones wait', () => {
      const [a, b] = visitors.crowd(2, table.read);
      const upgrader = new Upgrader(table, visitors);
      upgrader.start();
      expect(table).toMatchObject({ readers: 3, writing: false, waiting: 1 });
      visitors.come(table.read, 'late');
      a?.done();
      expect(table.writing).toBe(false);
      b?.done();
      expect(table).toMatchObject({ readers: 0, writing: true, waiting: 1 });
      upgrader.end();
      expect(visitors.are('inside')).toEqual(['upgrader', 'late']);
    });

    it('comes before the writers and readers that wait', () => {
      const upgrader = new Upgrader(table, visitors);
      visitors.come(table.write, 'writer');
      visitors.come(table.read, 'late');
      expect(visitors.are('waiting')).toEqual(['writer', 'late']);
      upgrader.start();
      expect(table.writing).toBe(true);
      upgrader.end();
      expect(upgrader.journal.lines).toEqual(['complete']);
      expect(visitors.are('waiting')).toEqual(['writer', 'late']);
      upgrader.done();
      expect(visitors.are('inside')).toEqual(['writer']);
    });

    it('goes back to reading in one step: no writer comes in between', () => {
      const upgrader = new Upgrader(table, visitors);
      upgrader.start();
      visitors.come(table.read, 'reader');
      visitors.come(table.write, 'writer');
      upgrader.end();
      expect(visitors.are('inside')).toEqual(['upgrader', 'reader']);
      expect(visitors.order).toEqual(['upgrader', 'reader']);
    });

    it('can be entered again and again', () => {
      let count = 0;
      const scope = using(table.upgradable, ({ upgrade }) =>
        of(1, 2, 3).pipe(concatMap(() => using(upgrade, () => of(count++)))),
      );
      expect(notificationsOf(scope)).toEqual(['next 0', 'next 1', 'next 2', 'complete']);
    });

    it('is waited for by a second one side by side, and by a reader in the same body', () => {
      const { lines } = inVirtualTime((journal) => {
        using(table.upgradable, ({ upgrade }) => {
          const work = (name: string, lock: Resource<void>): Observable<unknown> =>
            using(lock, () => {
              journal.note(`${name} in`);
              return timer(5);
            });
          return merge(work('first', upgrade), work('second', upgrade), work('reader', table.read));
        }).subscribe();
      });
      expect(lines).toEqual(['0 first in', '5 reader in', '10 second in']);
    });

    it('lets those in whom it held up where it is left while it waits', () => {
      visitors.come(table.read, 'reader');
      const upgrader = new Upgrader(table, visitors);
      const waiting = upgrader.start();
      visitors.come(table.read, 'late');
      expect(visitors.are('waiting')).toEqual(['late']);
      waiting.leave();
      expect(visitors.are('inside')).toEqual(['reader', 'upgrader', 'late']);
      expect(table.waiting).toBe(0);
    });

    it.each(['before', 'after'])('is not taken where it is left %s the last reader goes, in one tick (L3)', (when) => {
      const reader = visitors.come(table.read, 'reader');
      const upgrader = new Upgrader(table, visitors);
      const waiting = upgrader.start();
      visitors.come(table.read, 'late');
      if (when === 'before') waiting.leave();
      reader.done();
      waiting.leave();
      expect(visitors.are('inside')).toEqual(['upgrader', 'late']);
      expect(table.writing).toBe(false);
    });

    it('is free wherever in its life it is left (interruption sweep)', () => {
      for (let frame = 0; frame <= 14; frame++) {
        const journal = inVirtualTime((lines) => {
          const lock = rwLock();
          let writing = 0;
          const write = (frames: number): Observable<unknown> =>
            concat(
              defer(() => {
                expect([++writing, lock.writing]).toEqual([1, true]);
                return timer(frames);
              }),
              defer(() => (writing--, EMPTY)), // prettier-ignore
            );
          using(lock.read, () => timer(5)).subscribe();
          using(lock.upgradable, ({ upgrade }) =>
            concat(
              timer(2),
              using(upgrade, () => write(3)),
              timer(3),
            ),
          )
            .pipe(takeUntil(timer(frame)))
            .subscribe({ complete: () => (writing = 0) });
          timer(1).subscribe(() => using(lock.write, () => write(1)).subscribe(lines.observer('writer ')));
          timer(3).subscribe(() => using(lock.upgradable, () => EMPTY).subscribe(lines.observer('next ')));
          timer(4).subscribe(() => using(lock.read, () => EMPTY).subscribe(lines.observer('reader ')));
          timer(40).subscribe(() => {
            lines.note([lock.readers, lock.writing, lock.waiting].join());
          });
        });
        const lines = journal.lines.map((line) => line.replace(/^\d+ /, ''));
        expect([frame, ...lines.sort()]).toEqual([
          ...[frame, '0,false,0', 'next complete', 'reader complete', 'writer complete', 'writer next 0'],
        ]);
      }
    });
  });

  describe('upgrade entered by hand', () => {
    const leased = async (): Promise<{ held: Lease<Upgradable>; writing: Lease<void> }> => {
      const held = await lease(table.upgradable);
      return { held, writing: await lease(held.value.upgrade) };
    };

    it('keeps everybody out until it has ended too, where it outlives the scope it belongs to', async () => {
      const { held, writing } = await leased();
      visitors.come(table.read, 'reader');
      visitors.come(table.upgradable, 'next');
      await held.release();
      expect(visitors.are('waiting')).toEqual(['reader', 'next']);
      expect(table.writing).toBe(true);
      await writing.release();
      expect(visitors.are('inside')).toEqual(['reader', 'next']);
    });

    it('is had where it has waited beyond the end of the scope it belongs to', async () => {
      const reader = visitors.come(table.read, 'reader');
      const held = await lease(table.upgradable);
      const upgrading = lease(held.value.upgrade);
      await microtasks(3);
      await held.release();
      visitors.come(table.write, 'writer');
      reader.done();
      const writing = await upgrading;
      expect(visitors.are('waiting')).toEqual(['writer']);
      await writing.release();
      expect(visitors.are('inside')).toEqual(['writer']);
    });

    it('is refused with a ClosedError after the scope it belongs to has ended', async () => {
      const held = await lease(table.upgradable);
      await held.release();
      const error = await rejection(lease(held.value.upgrade));
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({
        resource: 'table',
        message: 'The scope of "table" that was to be upgraded has ended. Enter `upgrade` inside it.',
      });
    });
  });

  it('hands over ten thousand times without using the stack (law 6)', () => {
    const first = visitors.come(table.write, 'first');
    let served = 0;
    for (let i = 0; i < 10_000; i++) {
      using(table.upgradable, ({ upgrade }) => using(upgrade, () => of(served++))).subscribe();
    }
    expect(table.waiting).toBe(10_000);
    first.done();
    expect(served).toBe(10_000);
    expect(notificationsOf(using(table.write, () => NEVER).pipe(takeUntil(of(1))))).toEqual(['complete']);
  });
});
