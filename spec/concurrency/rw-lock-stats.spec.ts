import { timer } from 'rxjs';
import { named, rwLock, type Upgradable } from '../../lib/index.js';
import { inVirtualTime } from '../support/journal.js';
import { Visitors } from '../support/visitors.js';

describe('stats() of rwLock', () => {
  it('tells who is in and who waits, in which mode and for how long', () => {
    inVirtualTime((_, { flush }) => {
      const table = rwLock({ name: 'table' });
      const visitors = new Visitors();
      timer(1).subscribe(() => {
        visitors.come(table.read.pipe(named('report')), 'reader');
        visitors.come(table.upgradable, 'upgradable');
      });
      timer(10).subscribe(() => {
        visitors.come((visitors.all[1]?.handle as Upgradable).upgrade, 'upgrade');
        visitors.come(table.write.pipe(named('import')), 'writer');
        visitors.come(table.read, 'late');
        visitors.come(table.upgradable, 'second');
      });
      timer(15).subscribe(() => {
        expect(table.stats()).toEqual({
          holders: [
            { name: 'report', mode: 'read', heldFor: 14 },
            { name: 'table', mode: 'upgradable', heldFor: 14 },
          ],
          waiters: [
            { name: 'table', mode: 'upgrade', waitingFor: 5 },
            { name: 'import', mode: 'write', waitingFor: 5 },
            { name: 'table', mode: 'read', waitingFor: 5 },
            { name: 'table', mode: 'upgradable', waitingFor: 5 },
          ],
        });
        visitors.all[0]?.done();
      });
      timer(18).subscribe(() => {
        expect(table.stats().holders).toEqual([
          { name: 'table', mode: 'upgradable', heldFor: 17 },
          { name: 'table', mode: 'upgrade', heldFor: 3 },
        ]);
        visitors.all[2]?.done();
        visitors.all[1]?.done();
        expect(table.stats().holders).toEqual([{ name: 'import', mode: 'write', heldFor: 0 }]);
        expect(table.stats().waiters.map(({ mode }) => mode)).toEqual(['read', 'upgradable']);
        visitors.empty();
        expect(table.stats()).toEqual({ holders: [], waiters: [] });
      });
      flush();
    });
    expect.assertions(5);
  });

  it('tells of one that has the intent and waits to read that it is to be upgradable', () => {
    const table = rwLock();
    const visitors = new Visitors();
    visitors.come(table.write);
    visitors.come(table.upgradable);
    expect(table.stats()).toMatchObject({ holders: [{ mode: 'write' }], waiters: [{ mode: 'upgradable' }] });
    visitors.empty();
  });

  it('is a frozen copy', () => {
    const table = rwLock();
    const visitors = new Visitors();
    visitors.crowd(2, table.write);
    const stats = table.stats();
    const parts = [stats, stats.holders, stats.waiters, stats.holders[0], stats.waiters[0]];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true, true]);
    visitors.empty();
    expect([stats.holders.length, stats.waiters.length]).toEqual([1, 1]);
  });
});
