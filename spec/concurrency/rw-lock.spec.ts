import { concat, EMPTY, map, mergeMap, NEVER, of, Subject, switchMap, takeUntil, timer, type Observable } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  CapacityError,
  combine,
  DeadlockError,
  rwLock,
  RwLock,
  use,
  using,
  type Resource,
} from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { inVirtualTime, Journal, notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('rwLock', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  afterEach(() => {
    visitors.empty();
  });

  it('is free when it is made', () => {
    expect(rwLock()).toBeInstanceOf(RwLock);
    expect(rwLock()).toMatchObject({ readers: 0, writing: false, waiting: 0 });
  });

  it('is called rwLock, or what it is named', () => {
    const names = ({ read, write, tryRead, tryWrite, upgradable }: RwLock): string[] =>
      [read, write, tryRead, tryWrite, upgradable].map(({ name }) => name);
    expect(new Set(names(rwLock()))).toEqual(new Set(['rwLock']));
    expect(new Set(names(rwLock({ name: 'table' })))).toEqual(new Set(['table']));
  });

  describe('read and write', () => {
    it('let in any number of readers at a time', () => {
      const table = rwLock();
      visitors.crowd(100, table.read);
      expect(table).toMatchObject({ readers: 100, writing: false, waiting: 0 });
    });

    it('let in one writer alone', () => {
      const table = rwLock();
      const [writer] = visitors.crowd(2, table.write);
      visitors.come(table.read);
      expect(visitors.are('inside')).toEqual(['1']);
      expect(table).toMatchObject({ readers: 0, writing: true, waiting: 2 });
      writer?.done();
      expect(visitors.are('inside')).toEqual(['2']);
    });

    it('are had and let go inside subscribe where they are free (law 17)', () => {
      const table = rwLock();
      const state = (): string => `${String(table.readers)} ${String(table.writing)}`;
      expect(notificationsOf(using(table.read, () => of(state())))).toEqual(['next 1 false', 'complete']);
      expect(notificationsOf(using(table.write, () => of(state())))).toEqual(['next 0 true', 'complete']);
      expect(state()).toBe('0 false');
    });

    it('keep virtual time (law 18)', () => {
      testResources(({ cold, expectObservable, hot }) => {
        const table = rwLock();
        const jobs: Record<string, Resource<void>> = { r: table.read, w: table.write };
        const work = hot('rrwrr|').pipe(
          mergeMap((kind) => using(jobs[kind] as Resource<void>, () => cold('----(x|)', { x: kind }))),
        );
        expectObservable(work).toBe('----rr---w---(rr|)');
      });
    });

    it('let a writer in when the last reader has left, however it leaves (law 1)', () => {
      const table = rwLock();
      const [a, b, c] = visitors.crowd(3, table.read);
      visitors.come(table.write, 'writer');
      a?.done();
      b?.leave();
      expect(visitors.are('waiting')).toEqual(['writer']);
      c?.fail(new Error('boom'));
      expect(visitors.are('inside')).toEqual(['writer']);
    });

    it('have new readers wait behind a writer that waits (L8)', () => {
      const table = rwLock();
      const reader = visitors.come(table.read, 'reader');
      const writer = visitors.come(table.write, 'writer');
      visitors.come(table.read, 'late');
      expect(visitors.are('waiting')).toEqual(['writer', 'late']);
      reader.done();
      expect(visitors.are('inside')).toEqual(['writer']);
      writer.done();
      expect(visitors.are('inside')).toEqual(['late']);
    });

    it('let the readers that came after a writer in together when it leaves, and the next writer after them (L8)', () => {
      const table = rwLock();
      const first = visitors.come(table.write, 'first');
      for (const name of ['a', 'b', 'c']) visitors.come(table.read, name);
      visitors.come(table.write, 'second');
      visitors.come(table.read, 'd');
      first.done();
      expect(visitors.are('inside')).toEqual(['a', 'b', 'c']);
      visitors.empty();
      expect(visitors.order.slice(-2)).toEqual(['second', 'd']);
    });

    it('let the readers behind a writer in at once where it leaves the line', () => {
      const table = rwLock();
      visitors.come(table.read, 'reader');
      const writer = visitors.come(table.write, 'writer');
      visitors.come(table.read, 'a');
      visitors.come(table.read, 'b');
      writer.leave();
      expect(visitors.are('inside')).toEqual(['reader', 'a', 'b']);
    });

    it('let the readers behind a writer in where acquireTimeout takes it out of the line (L4)', () => {
      const { lines } = inVirtualTime((journal) => {
        const table = rwLock();
        using(table.read, () => timer(10)).subscribe();
        using(table.write.pipe(acquireTimeout(3)), () => EMPTY).subscribe(journal.observer('writer '));
        using(table.read, () => EMPTY).subscribe(journal.observer('reader '));
      });
      expect(lines).toEqual(['3 reader complete', '3 writer error AcquireTimeoutError']);
    });

    it.each(['before', 'after'])('let the next one in where a writer leaves %s its turn in one tick (L3)', (when) => {
      const table = rwLock();
      const reader = visitors.come(table.read, 'reader');
      const writer = visitors.come(table.write, 'writer');
      visitors.come(table.write, 'next');
      if (when === 'before') writer.leave();
      reader.done();
      writer.leave();
      expect(visitors.are('inside')).toEqual(['next']);
      expect(table.waiting).toBe(0);
    });

    it.each(['before', 'after'])('end with one writer where two readers go, a third comes %s them', (when) => {
      const table = rwLock();
      const readers = visitors.crowd(2, table.read);
      visitors.come(table.write, 'writer');
      if (when === 'before') visitors.come(table.read, 'third');
      for (const reader of readers) reader.done();
      if (when === 'after') visitors.come(table.read, 'third');
      expect(visitors.are('inside')).toEqual(['writer']);
      expect(visitors.are('waiting')).toEqual(['third']);
    });

    it.each([
      ['readers', (table: RwLock) => table.read],
      ['writers', (table: RwLock) => table.write],
      ['both in turn', (table: RwLock, i: number) => (i % 2 === 0 ? table.read : table.write)],
    ])('use no stack for a line of ten thousand %s that go at once (law 6)', (_, lockOf) => {
      const table = rwLock();
      const first = visitors.come(table.write, 'first');
      let served = 0;
      for (let i = 0; i < 10_000; i++) using(lockOf(table, i), () => of(served++)).subscribe();
      expect(table.waiting).toBe(10_000);
      first.done();
      expect([served, table.waiting]).toEqual([10_000, 0]);
    });
  });

  describe('tryRead and tryWrite', () => {
    it('take it where it is free', () => {
      const table = rwLock();
      visitors.come(table.tryRead).done();
      visitors.come(table.tryWrite);
      expect(table.writing).toBe(true);
    });

    it('read beside other readers', () => {
      const table = rwLock();
      visitors.crowd(2, table.read);
      visitors.come(table.tryRead);
      expect(table.readers).toBe(3);
    });

    it.each([
      ['tryRead', 'write', '"table" cannot be read now: being written, 0 waiting.'],
      ['tryWrite', 'write', '"table" cannot be written now: being written, 0 waiting.'],
      ['tryWrite', 'read', '"table" cannot be written now: 1 reading, 0 waiting.'],
    ] as const)('%s fails at once with a CapacityError beside %s', (attempt, held, message) => {
      const table = rwLock({ name: 'table' });
      visitors.come(table[held]);
      const { error } = visitors.come(table[attempt], 'late');
      expect(error).toBeInstanceOf(CapacityError);
      expect(error).toMatchObject({ resource: 'table', message });
    });

    it('do not overtake a writer that waits', () => {
      const table = rwLock({ name: 'table' });
      visitors.come(table.read);
      visitors.come(table.write);
      const { error } = visitors.come(table.tryRead, 'late');
      expect(error).toMatchObject({ message: '"table" cannot be read now: 1 reading, 1 waiting.' });
    });

    it('fail in the tick in which the lock goes to one who waits (L2)', () => {
      const table = rwLock();
      const reader = visitors.come(table.read, 'reader');
      const states: string[] = [];
      visitors.come(table.write, 'writer', () => states.push(visitors.come(table.tryRead, 'inside').state));
      reader.done();
      states.push(visitors.come(table.tryRead, 'after').state);
      expect(states).toEqual(['failed', 'failed']);
    });
  });

  describe('entered inside a scope that holds it', () => {
    it('lets a reader in beside the reader around it, also where a writer waits', () => {
      const table = rwLock();
      const journal = new Journal();
      const later = new Subject<void>();
      using(table.read, () => later.pipe(switchMap(() => using(table.read, () => of(table.readers))))).subscribe(
        journal.observer(),
      );
      visitors.come(table.write, 'writer');
      visitors.come(table.read, 'late');
      later.next();
      expect(journal.take()).toEqual(['next 2']);
      expect(visitors.are('waiting')).toEqual(['writer', 'late']);
      later.complete();
      expect(visitors.are('inside')).toEqual(['writer']);
    });

    it.each<keyof RwLock & ('read' | 'tryRead')>(['read', 'tryRead'])(
      'lets in %s as a part of what it is in',
      (kind) => {
        const table = rwLock();
        const both = combine([table.read, table[kind]]);
        using(table.read, () => {
          visitors.come(table.write, 'writer');
          return using(both, () => of(table.readers));
        }).subscribe((readers) => {
          expect(readers).toBe(3);
        });
        expect.assertions(1);
      },
    );

    const refused: readonly [name: string, nest: (table: RwLock) => Observable<unknown>][] = [
      ['write inside read', (table) => using(table.read, () => using(table.write, () => NEVER))],
      ['read inside write', (table) => using(table.write, () => using(table.read, () => NEVER))],
      ['write inside write', (table) => using(table.write, () => using(table.write, () => NEVER))],
      ['write inside upgradable', (table) => using(table.upgradable, () => using(table.write, () => NEVER))],
      ['write beside read in one resource', (table) => using(table.read.pipe(andThen(() => table.write)), () => NEVER)],
      ['upgradable inside write', (table) => using(table.write, () => using(table.upgradable, () => NEVER))],
      ['upgradable inside upgradable', (table) => using(table.upgradable, () => using(table.upgradable, () => NEVER))],
      ['upgrade of one inside read', (table) => using(table.read, () => using(table.upgradable, ({ upgrade }) => using(upgrade, () => NEVER)))],
      ['upgrade inside a read of its own', (table) => using(table.upgradable, ({ upgrade }) => using(table.read, () => using(upgrade, () => NEVER)))],
      ['upgrade inside upgrade', (table) => using(table.upgradable, ({ upgrade }) => using(upgrade, () => using(upgrade, () => NEVER)))],
      ['read inside upgrade', (table) => using(table.upgradable, ({ upgrade }) => using(upgrade, () => using(table.read, () => NEVER)))],
    ]; // prettier-ignore

    it.each(refused)('refuses %s with a DeadlockError, and is free afterwards (L11)', (_, nest) => {
      const table = rwLock();
      expect(notificationsOf(nest(table))).toEqual(['error DeadlockError']);
      expect(table).toMatchObject({ readers: 0, writing: false, waiting: 0 });
      visitors.come(table.upgradable);
      visitors.come(table.read);
      expect(visitors.are('inside')).toEqual(['1', '2']);
    });

    it('refuses write inside read also where others read or wait', () => {
      const table = rwLock();
      visitors.come(table.read);
      visitors.come(table.write);
      expect(visitors.are('waiting')).toEqual(['2']);
      visitors.come(table.read.pipe(andThen(() => table.write)), 'nested');
      visitors.all[0]?.done();
      visitors.all[1]?.done();
      expect(visitors.all[2]?.error).toBeInstanceOf(DeadlockError);
    });

    it('says what to do', () => {
      const table = rwLock({ name: 'table' });
      const errors: unknown[] = [];
      using(table.read, () => using(table.write, () => NEVER)).subscribe({
        error: (error: unknown) => errors.push(error),
      });
      using(table.write, () => using(table.read, () => NEVER)).subscribe({
        error: (error: unknown) => errors.push(error),
      });
      expect(errors).toMatchObject([
        {
          resource: 'table',
          code: 'RXSCOPE_DEADLOCK',
          message:
            '"table" would wait to be written inside a scope in which it is being read, and could be only after that has ' +
            'ended. Enter `write` around both, or read with `upgradable`.',
        },
        {
          message: expect.stringContaining(
            'would wait to be read inside a scope in which it is being written',
          ) as string,
        },
      ]);
    });

    it('fails through tryRead and tryWrite with what they always fail with', () => {
      const table = rwLock();
      const inside = (outer: Resource<unknown>, inner: Resource<void>): string[] =>
        notificationsOf(using(outer, () => using(inner, () => NEVER)));
      expect(inside(table.write, table.tryRead)).toEqual(['error CapacityError']);
      expect(inside(table.write, table.tryWrite)).toEqual(['error CapacityError']);
      expect(inside(table.read, table.tryWrite)).toEqual(['error CapacityError']);
    });

    it('waits where the body subscribes it on its own', () => {
      const table = rwLock();
      const outer = using(table.read, () => {
        visitors.come(table.write, 'apart');
        return NEVER;
      }).subscribe();
      expect(visitors.are('waiting')).toEqual(['apart']);
      outer.unsubscribe();
      expect(visitors.are('inside')).toEqual(['apart']);
    });
  });

  it('keeps two tables apart', () => {
    const [a, b] = [rwLock(), rwLock()];
    expect(
      notificationsOf(
        a.write.pipe(
          use(() =>
            b.write.pipe(
              use(() => of('in')),
              map(String),
            ),
          ),
        ),
      ),
    ).toEqual(['next in', 'complete']);
  });

  it('hands over one after the other where scopes follow each other', () => {
    const table = rwLock();
    const scope = concat(...[table.read, table.write, table.read].map((lock) => using(lock, () => of('in'))));
    expect(notificationsOf(scope)).toEqual(['next in', 'next in', 'next in', 'complete']);
  });

  it('is free wherever in its life a reader or a writer leaves (interruption sweep)', () => {
    for (const kind of ['read', 'write'] as const) {
      for (let frame = 0; frame < 12; frame++) {
        const table = rwLock();
        inVirtualTime((journal) => {
          using(table.write, () => timer(3)).subscribe();
          using(table.read, () => timer(3)).subscribe();
          const scope = using(table[kind], () => timer(2).pipe(map(() => journal.note('worked'))));
          scope.pipe(takeUntil(timer(frame))).subscribe();
          using(table.write, () => timer(1)).subscribe(journal.observer('last '));
        });
        expect([frame, table.readers, table.writing, table.waiting]).toEqual([frame, 0, false, 0]);
      }
    }
  });
});
