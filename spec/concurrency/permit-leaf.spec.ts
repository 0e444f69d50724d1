import { NEVER, of } from 'rxjs';
import { CapacityError, openResources, Resource, using } from '../../lib/index.js';
import { claimLeaf, permitResource, tryResource } from '../../lib/concurrency/permit-leaf.js';
import { Permits } from '../../lib/concurrency/permits.js';
import { notificationsOf } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('permit-leaf', () => {
  let permits: Permits;
  let visitors: Visitors;

  beforeEach(() => {
    permits = new Permits({ name: 'slots', total: 3, aging: Infinity, reentrant: false, now: () => 0 });
    visitors = new Visitors();
  });

  describe('permitResource', () => {
    it('holds so many, under its name', () => {
      const scope = permitResource('two slots', permits, 2).subscribe();
      expect(permits.available).toBe(1);
      expect(openResources().map(({ name }) => name)).toEqual(['two slots']);
      scope.unsubscribe();
      expect(permits.available).toBe(3);
    });

    it('waits for its turn, by its priority', () => {
      visitors.come(permitResource('', permits, 3), 'holder');
      visitors.come(permitResource('', permits, 2), 'low');
      visitors.come(permitResource('', permits, 2, 1), 'high');
      visitors.empty();
      expect(visitors.order).toEqual(['holder', 'high', 'low']);
    });
  });

  describe('tryResource', () => {
    it('holds so many where they are free', () => {
      expect(notificationsOf(using(tryResource('', permits, 3), () => of(permits.available)))).toEqual([
        'next 0',
        'complete',
      ]);
      expect(permits.available).toBe(3);
    });

    it('fails with the numbers where they are not, and waits for nothing', () => {
      const holder = permitResource('', permits, 2).subscribe();
      const late = visitors.come(tryResource('slot', permits, 2));
      expect(late.error).toBeInstanceOf(CapacityError);
      expect(late.error).toMatchObject({
        message: '"slot" is not free: 2 wanted, 1 of 3 available, 0 waiting.',
        resource: 'slot',
      });
      expect(permits.line.length).toBe(0);
      holder.unsubscribe();
    });
  });

  describe('claimLeaf', () => {
    it('gives back what its acquire answers, and has nothing for a handle', () => {
      const held = new Resource(
        '',
        claimLeaf(permits, (scope) => permits.take(scope, 1, 0)),
      );
      const seen: unknown[] = [];
      using(held, (handle) => (seen.push(handle), NEVER)).subscribe().unsubscribe(); // prettier-ignore
      expect(seen).toEqual([undefined]);
      expect(permits.available).toBe(3);
    });

    it('fails with what its acquire throws', () => {
      const failing = claimLeaf(permits, () => { throw new Error('no'); }); // prettier-ignore
      expect(notificationsOf(new Resource('', failing))).toEqual(['error no']);
    });
  });
});
