import { defer, EMPTY, NEVER, of, Subject } from 'rxjs';
import { andThen, awaitRelease, fromValue, Resource, resource, settled, using } from '../../lib/index.js';
import type { Claim } from '../../lib/concurrency/claim.js';
import { claimLeaf, permitResource, tryResource } from '../../lib/concurrency/permit-leaf.js';
import { checkAging, checkPriority, Permits } from '../../lib/concurrency/permits.js';
import { leaf } from '../../lib/core/leaf.js';
import { Gate, Journal, notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('Permits', () => {
  let visitors: Visitors;

  beforeEach(() => {
    visitors = new Visitors();
  });

  const make = (total: number, reentrant = false): Permits =>
    new Permits({ name: 'few', total, aging: Infinity, reentrant, now: () => 0 });

  describe('handing over', () => {
    it('takes the permit in the same step: nobody in between sees it free (L2)', () => {
      const one = make(1);
      const seen: number[] = [];
      const watched = resource({ acquire: () => 1, release: () => seen.push(one.available) });
      const holder = visitors.come(permitResource('', one, 1));
      visitors.come(permitResource('', one, 1), 'next', () => seen.push(one.available));
      using(watched, () => NEVER).subscribe().unsubscribe(); // prettier-ignore
      holder.done();
      expect(seen).toEqual([0, 0]);
      visitors.empty();
    });

    it('is a loop: ten thousand who go at once, each inside being served, use no stack (law 6)', () => {
      const one = make(1);
      let served = 0;
      const holder = visitors.come(permitResource('', one, 1));
      const permit = permitResource('', one, 1);
      for (let i = 0; i < 10_000; i++) using(permit, () => (served++, EMPTY)).subscribe();
      holder.done();
      expect(served).toBe(10_000);
      expect(one.available).toBe(1);
    });

    it('is a loop: each of ten thousand lets the next one come (law 6)', () => {
      const one = make(1);
      const permit = permitResource('', one, 1);
      let served = 0;
      const come = (): void => {
        using(permit, () => EMPTY).subscribe({
          complete: () => {
            if (++served < 10_000) waiting();
          },
        });
      };
      // Comes while somebody is being served, so that it is the loop that serves it.
      const waiting = (): void => {
        using(permit, () => (come(), EMPTY)).subscribe();
      };
      const holder = visitors.come(permit);
      using(permit, () => (come(), EMPTY)).subscribe(); // prettier-ignore
      holder.done();
      expect(served).toBe(10_000);
      expect([one.available, one.line.length]).toEqual([1, 0]);
    });

    it('goes on where one who is served lets go again and others are served inside (L12)', () => {
      const two = make(2);
      const [a, b] = visitors.crowd(2, permitResource('', two, 1));
      visitors.come(permitResource('', two, 1), 'c', (self) => {
        b?.done();
        self.leave();
      });
      for (const name of ['d', 'e', 'f']) visitors.come(permitResource('', two, 1), name);
      a?.done();
      expect(visitors.are('inside')).toEqual(['d', 'e']);
      expect([two.available, two.line.length]).toEqual([0, 1]);
      visitors.empty();
      expect(visitors.order).toEqual(['1', '2', 'c', 'd', 'e', 'f']);
    });

    it('is not disturbed by one whose body cannot be made', () => {
      const one = make(1);
      const holder = visitors.come(permitResource('', one, 1));
      visitors.come(permitResource('', one, 1), 'a', () => {
        throw new Error('no body');
      });
      visitors.come(permitResource('', one, 1), 'b');
      holder.done();
      expect(visitors.are('inside')).toEqual(['b']);
      expect(visitors.lines).toContain('a error no body');
      visitors.empty();
    });

    it('keeps nobody waiting for what the next one begins (laws 12 and 16)', async () => {
      const one = make(1);
      const gate = new Gate();
      const slow = resource({ acquire: () => 1, release: () => gate.promise });
      const apart = (): void => {
        using(slow, () => NEVER).subscribe().unsubscribe(); // prettier-ignore
      };
      const body = new Subject<never>();
      const journal = new Journal();
      const lock = permitResource('', one, 1);
      using(lock, () => body).subscribe();
      const next = visitors.come(lock.pipe(andThen(() => (apart(), fromValue(1)))));
      const letsGo = using(fromValue(1), () => defer(() => (body.complete(), EMPTY)));
      letsGo.pipe(awaitRelease()).subscribe(journal.observer());
      expect(next.state).toBe('inside');
      expect(journal.lines).toEqual(['complete']);
      next.done();
      gate.open();
      await settled();
    });

    it('has a newcomer of higher priority served although a heavier one waits at the head', () => {
      const three = make(3);
      visitors.come(permitResource('', three, 2), 'holder');
      visitors.come(permitResource('', three, 3), 'heavy');
      visitors.come(permitResource('', three, 1, 1), 'light');
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      visitors.empty();
    });
  });

  describe('a claim that grows and shrinks', () => {
    /** Holds `count`, and hands out its claim. */
    const holding = (permits: Permits, count: number): Resource<Claim> =>
      new Resource('', {
        ...claimLeaf(permits, (scope) => permits.take(scope, count, 0)),
        entered: (_, token) => token,
      });
    const growing = (permits: Permits, claim: Claim, count: number, priority = 0): Resource<void> =>
      new Resource(
        '',
        leaf({
          interruptible: true,
          acquire: () => permits.grow(claim, count, priority),
          entered: () => undefined,
          release: (held: Claim) => {
            permits.give(held, count);
          },
        }),
      );
    const claimOf = (permits: Permits, count: number): Claim =>
      visitors.come(holding(permits, count), 'holder').handle as Claim;

    it('has more where it is free, and gives just that back', () => {
      const five = make(5);
      const claim = claimOf(five, 2);
      const more = visitors.come(growing(five, claim, 3), 'more');
      expect([claim.count, five.available, five.claims.all()]).toEqual([5, 0, [claim]]);
      more.done();
      expect([claim.count, five.available]).toEqual([2, 3]);
      visitors.empty();
      expect([claim.count, five.available, five.claims.all()]).toEqual([0, 5, []]);
    });

    it('waits for it in the line, and keeps what it has', () => {
      const five = make(5);
      const claim = claimOf(five, 2);
      const other = visitors.come(permitResource('', five, 3), 'other');
      visitors.come(growing(five, claim, 3), 'more');
      visitors.come(permitResource('', five, 1), 'late');
      expect([claim.count, five.available, five.line.length]).toEqual([2, 0, 2]);
      other.done();
      expect(visitors.are('inside')).toEqual(['holder', 'more']);
      expect(claim.count).toBe(5);
      visitors.empty();
    });

    it('comes before others with a priority', () => {
      const five = make(5);
      const claim = claimOf(five, 2);
      const other = visitors.come(permitResource('', five, 3), 'other');
      visitors.come(permitResource('', five, 4), 'heavy');
      visitors.come(growing(five, claim, 2, 1), 'more');
      other.done();
      expect(visitors.are('inside')).toEqual(['holder', 'more']);
      visitors.empty();
    });

    it('keeps what it has where it does not wait for more any longer', () => {
      const five = make(5);
      const claim = claimOf(five, 2);
      const other = visitors.come(permitResource('', five, 3), 'other');
      const more = visitors.come(growing(five, claim, 1), 'more');
      more.leave();
      other.done();
      expect([claim.count, five.available, five.line.length]).toEqual([2, 3, 0]);
      visitors.empty();
    });
  });

  describe('reentrant', () => {
    it('lets in without permits whoever is inside already', () => {
      const one = make(1, true);
      const lock = permitResource('', one, 1);
      expect(notificationsOf(using(lock, () => using(lock, () => of(one.claims.size))))).toEqual([
        'next 1',
        'complete',
      ]);
      expect(notificationsOf(using(lock, () => using(tryResource('', one, 1), () => of('in'))))).toEqual([
        'next in',
        'complete',
      ]);
      expect(one.available).toBe(1);
    });

    it('does not let in anybody else', () => {
      const one = make(1, true);
      visitors.crowd(2, permitResource('', one, 1));
      expect(visitors.are('waiting')).toEqual(['2']);
      expect(visitors.come(tryResource('', one, 1)).error).toMatchObject({ name: 'CapacityError' });
      visitors.empty();
    });
  });

  describe('resize', () => {
    it('refuses all who want too much now before it lets in the others', () => {
      const four = make(4);
      const holder = visitors.come(permitResource('', four, 4), 'holder');
      for (const count of [3, 1, 4, 2]) visitors.come(permitResource('', four, count), `of ${String(count)}`);
      four.resize(2);
      expect(visitors.take()).toEqual(['holder in', 'of 3 error RangeError', 'of 4 error RangeError']);
      expect([four.total, four.available, four.line.length]).toEqual([2, -2, 2]);
      holder.done();
      expect(visitors.are('inside')).toEqual(['of 1']); // of 2 does not fit beside it
      visitors.empty();
      expect([four.total, four.available]).toEqual([2, 2]);
    });

    it('may be done again by one who is refused', () => {
      const four = make(4);
      const holder = visitors.come(permitResource('', four, 4), 'holder');
      using(permitResource('', four, 4), () => NEVER).subscribe({
        error: () => {
          four.resize(5);
        },
      });
      visitors.come(permitResource('', four, 1), 'light');
      four.resize(3);
      expect(visitors.are('inside')).toEqual(['holder', 'light']);
      expect([four.total, four.available]).toEqual([5, 0]);
      holder.done();
      visitors.empty();
    });
  });

  it.each([0, 1, -3, 0.5])('checkPriority lets %p pass', (priority) => {
    expect(() => {
      checkPriority(priority);
    }).not.toThrow();
  });

  it.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['1', 'string'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('checkPriority refuses %p', (priority, received) => {
    expect(() => {
      checkPriority(priority as number);
    }).toThrow(new RangeError(`Expected priority to be a finite number, received ${received}.`));
  });

  it.each([1, 0.5, Infinity])('checkAging lets %p pass', (aging) => {
    expect(() => {
      checkAging(aging);
    }).not.toThrow();
  });

  it.each([0, -1, NaN, '1'])('checkAging refuses %p', (aging) => {
    expect(() => {
      checkAging(aging as number);
    }).toThrow(new RangeError(`Expected aging to be more than 0 milliseconds, received ${String(aging)}.`));
  });
});
