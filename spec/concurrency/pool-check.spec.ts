import { EMPTY, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import { type Exit, type Pool } from '../../lib/index.js';
import { type Handle } from '../support/depot.js';
import { describeExit, reported } from '../support/journal.js';
import { microtasks } from '../support/microtasks.js';
import { PoolTest } from '../support/pool-test.js';

describe('pool-check: asking a handle before it is lent again', () => {
  let test: PoolTest;

  beforeEach(() => {
    test = new PoolTest();
  });

  afterEach(() => {
    test.end();
  });

  const boom = new Error('boom');
  const useOnce = (made: Pool<Handle>): void => {
    test.borrow(made, 1)[0]?.done();
  };

  describe('validate', () => {
    it('is not asked of one just made, nor of one used less than 500 ms ago', () => {
      const asked: number[] = [];
      const made = test.open({ validate: ({ id }) => asked.push(id) });
      useOnce(made);
      test.pass(499);
      useOnce(made);
      expect(asked).toEqual([]);
      test.pass(500);
      useOnce(made);
      expect(asked).toEqual([1]);
    });

    it('is asked of one that was made long ago and never used', () => {
      const asked: number[] = [];
      const made = test.open({ validate: ({ id }) => asked.push(id), min: 1 });
      test.pass(501);
      useOnce(made);
      expect(asked).toEqual([1]);
    });

    it('is asked once, however long nobody takes it afterwards within that time', () => {
      const asked: number[] = [];
      const made = test.open({ validate: ({ id }) => asked.push(id), keepAlive: 1_000, min: 1 });
      test.pass(1_000);
      test.pass(499);
      useOnce(made);
      expect(asked).toEqual([1]);
    });

    it.each([0, 100])('with a validateAfter of %p', (validateAfter) => {
      let asked = 0;
      const made = test.open({ validate: () => ++asked, validateAfter });
      useOnce(made);
      test.pass(validateAfter - 1 < 0 ? 0 : validateAfter - 1);
      useOnce(made);
      expect(asked).toBe(validateAfter === 0 ? 1 : 0);
      test.pass(validateAfter);
      useOnce(made);
      expect(asked).toBe(validateAfter === 0 ? 2 : 1);
    });

    it.each<[string, () => unknown]>([
      ['true', () => true],
      ['nothing', () => undefined],
      ['0', () => 0],
      ['a promise of nothing', () => Promise.resolve()],
      ['an observable of true', () => of(true)],
      ['an observable that goes on', () => new Observable((subscriber) => { subscriber.next(true); })],
    ])('answering %s has it lent', async (_, validate) => {
      const made = test.open({ validate, max: 1 });
      useOnce(made);
      test.pass(500);
      const borrower = test.visitors.come(made.lease);
      await microtasks();
      expect(borrower.handle?.id).toBe(1);
    }); // prettier-ignore

    it.each<[string, () => unknown]>([
      ['answering false', () => false],
      ['answering a promise of false', () => Promise.resolve(false)],
      ['answering an observable of false', () => of(false)],
      ['answering an observable of nothing', () => EMPTY],
      ['throwing', () => { throw boom; }],
      ['rejecting', () => Promise.reject(boom)],
      ['answering an observable that fails', () => throwError(() => boom)],
    ])('%s has it destroyed, and another one made, in the same place (P7)', async (_, validate) => {
      const made = test.open({ validate, max: 1 });
      const events = test.listen(made);
      useOnce(made);
      test.pass(500);
      const borrower = test.visitors.come(made.lease);
      await microtasks();
      expect(borrower.handle?.id).toBe(2);
      expect(test.depot.shelf).toEqual(['2']);
      expect(made.stats).toMatchObject({ destroyed: { invalid: 1 }, checking: 0, total: 1 });
      expect(events.some((line) => line.startsWith('validated 0 invalid'))).toBe(true);
      expect(await reported()).toEqual([]);
    }); // prettier-ignore

    it.each<[string, () => Observable<boolean> | Promise<boolean>]>([
      ['an observable', () => NEVER],
      ['a promise', () => new Promise(() => undefined)],
    ])('%s that hangs is given up after validateTimeout (P7)', (_, validate) => {
      const made = test.open({ validate, max: 1, validateTimeout: 100 });
      const events = test.listen(made);
      useOnce(made);
      test.pass(500);
      const borrower = test.visitors.come(made.lease);
      test.pass(99);
      expect(borrower.state).toBe('waiting');
      test.pass(1);
      expect(borrower.handle?.id).toBe(2);
      expect(events).toContain('validated 100 invalid Took longer than 100 ms.');
    });

    it('what answers after that is nobody’s, be it a rejection (P7)', async () => {
      const rejects: ((error: unknown) => void)[] = [];
      const validate = (): Promise<boolean> => new Promise((_, reject) => rejects.push(reject));
      const made = test.open({ validate, max: 1, validateTimeout: 100 });
      useOnce(made);
      test.pass(500);
      test.visitors.come(made.lease);
      test.pass(100);
      rejects[0]?.(boom);
      await microtasks();
      expect(await reported()).toEqual([]);
      expect(made.stats).toMatchObject({ total: 1, borrowed: 1 });
    });

    it('an observable is left when it is given up', () => {
      let left = 0;
      const validate = (): Observable<boolean> => new Observable(() => () => left++);
      const made = test.open({ validate, validateTimeout: 100 });
      useOnce(made);
      test.pass(500);
      test.visitors.come(made.lease);
      test.pass(100);
      expect(left).toBe(1);
    });

    it('takes its time in virtual time (law 18)', () => {
      const made = test.open({ validate: () => timer(30, test.clock), max: 1 });
      const events = test.listen(made);
      useOnce(made);
      test.pass(500);
      const borrower = test.visitors.come(made.lease);
      test.pass(29);
      expect(borrower.state).toBe('waiting');
      test.pass(1);
      expect(borrower.state).toBe('inside');
      expect(events.slice(-2)).toEqual(['validated 30 valid', 'borrowed 30']);
    });

    it('serves whoever comes first meanwhile: who has left leaves it to the next one', () => {
      const answer = new Subject<boolean>();
      const made = test.open({ validate: () => answer, max: 1 });
      useOnce(made);
      test.pass(500);
      const [first, second] = test.visitors.crowd(2, made.lease);
      first?.leave();
      answer.next(true);
      expect(second?.handle?.id).toBe(1);
    });

    it('is asked of as many as are wanted, side by side', () => {
      const answers: Subject<boolean>[] = [];
      const validate = (): Subject<boolean> => {
        const answer = new Subject<boolean>();
        answers.push(answer);
        return answer;
      };
      const made = test.open({ validate });
      for (const borrower of test.borrow(made, 5)) borrower.done();
      test.pass(500);
      const crowd = test.visitors.crowd(3, made.lease);
      expect(made.stats).toMatchObject({ checking: 3, idle: 5, creating: 0 });
      for (const answer of answers) answer.next(true);
      expect(crowd.map(({ state }) => state)).toEqual(['inside', 'inside', 'inside']);
      expect(test.depot.tries).toBe(5);
    });

    it('is asked after an unsubscribe and an error, however short a time ago (law 36)', () => {
      const asked: string[] = [];
      const made = test.open({ validate: ({ id }) => asked.push(String(id)) });
      test.borrow(made, 1)[0]?.leave();
      test.borrow(made, 1)[0]?.done();
      expect(asked).toEqual(['1']);
      test.borrow(made, 1)[0]?.fail(boom);
      test.borrow(made, 1)[0]?.done();
      expect(asked).toEqual(['1', '1']);
      test.borrow(made, 1)[0]?.done();
      expect(asked).toEqual(['1', '1']);
    });

    it('who leaves out of it is not served', () => {
      let leave = (): void => undefined;
      const made = test.open({ validate: () => { leave(); return true; }, max: 1 });
      useOnce(made);
      test.pass(500);
      made.suspend();
      const [first, second] = test.visitors.crowd(2, made.lease);
      leave = () => first?.leave();
      made.resume();
      expect([first?.state, second?.state]).toEqual(['left', 'inside']);
    }); // prettier-ignore
  });

  describe('reset', () => {
    it('is run when a handle has come back, told how its borrower ended, before it is lent again', () => {
      const told: string[] = [];
      const reset = ({ id }: Handle, exit: Exit): unknown => told.push(`${String(id)} ${describeExit(exit)}`);
      const made = test.open({ reset, destroyOn: () => false });
      useOnce(made);
      test.borrow(made, 1)[0]?.leave();
      test.borrow(made, 1)[0]?.fail(boom);
      expect(told).toEqual(['1 complete', '1 unsubscribe', '1 error boom']);
    });

    it('whoever waits waits for it; whoever gave back does not', () => {
      const done = new Subject<void>();
      const made = test.open({ reset: () => done, max: 1 });
      const [first] = test.borrow(made, 1);
      const second = test.visitors.come(made.lease);
      first?.done();
      expect([first?.state, second.state]).toEqual(['gone', 'waiting']);
      expect(made.stats).toMatchObject({ checking: 1, idle: 1, borrowed: 0 });
      done.complete();
      expect(second.handle?.id).toBe(1);
    });

    it('answering false says nothing', () => {
      const made = test.open({ reset: () => false });
      useOnce(made);
      expect(made.stats.idle).toBe(1);
    });

    it.each<[string, () => unknown]>([
      ['throws', () => { throw boom; }],
      ['rejects', () => Promise.reject(boom)],
      ['errors', () => throwError(() => boom)],
    ])('that %s has it destroyed (P7)', async (_, reset) => {
      const made = test.open({ reset });
      const events = test.listen(made);
      useOnce(made);
      await microtasks();
      expect(made.stats).toMatchObject({ total: 0, checking: 0, destroyed: { reset: 1 } });
      expect(events).toContain('reset 0 invalid boom');
      expect(await reported()).toEqual([]);
    }); // prettier-ignore

    it('that hangs is given up after validateTimeout (P7)', () => {
      const made = test.open({ reset: () => NEVER, max: 1, validateTimeout: 100 });
      useOnce(made);
      const next = test.visitors.come(made.lease);
      test.pass(100);
      expect(next.handle?.id).toBe(2);
      expect(made.stats.destroyed.reset).toBe(1);
    });

    it('with a validateTimeout of Infinity takes as long as it takes', () => {
      const done = new Subject<void>();
      const made = test.open({ reset: () => done, max: 1, validateTimeout: Infinity });
      useOnce(made);
      test.pass(100_000);
      expect(made.stats).toMatchObject({ checking: 1, total: 1 });
      done.complete();
      expect(made.stats).toMatchObject({ checking: 0, total: 1 });
    });

    it('is not run of one that is destroyed anyway', () => {
      let resets = 0;
      const made = test.open({ reset: () => ++resets, maxUses: 1 });
      useOnce(made);
      expect(resets).toBe(0);
    });

    it('a doubtful one is reset, then validated', () => {
      const lines: string[] = [];
      const made = test.open({ reset: () => lines.push('reset'), validate: () => lines.push('validate') });
      test.borrow(made, 1)[0]?.leave();
      useOnce(made);
      expect(lines).toEqual(['reset', 'validate', 'reset']);
    });

    it('closing waits for it, and destroys it then', async () => {
      const done = new Subject<void>();
      const made = test.open({ reset: () => done });
      useOnce(made);
      const closing = made.close();
      expect(test.depot.live).toBe(1);
      done.complete();
      expect(await closing).toEqual({ destroyed: 1, forced: [] });
    });
  });

  describe('destroyOn', () => {
    it('without validate every error has it destroyed, told that error (law 36)', () => {
      const made = test.open();
      test.borrow(made, 1)[0]?.fail(boom);
      expect(test.depot.handles[0]?.exit).toEqual({ kind: 'error', error: boom });
      expect(made.stats).toMatchObject({ total: 0, destroyed: { failed: 1 } });
    });

    it('an unsubscribe does not', () => {
      const made = test.open();
      test.borrow(made, 1)[0]?.leave();
      expect(made.stats).toMatchObject({ total: 1, idle: 1 });
    });

    it('says which errors do', () => {
      const made = test.open({ destroyOn: (error) => error === boom });
      test.borrow(made, 1)[0]?.fail('other');
      expect(made.stats.total).toBe(1);
      test.borrow(made, 1)[0]?.fail(boom);
      expect(made.stats.total).toBe(0);
    });

    it('with validate, none does by itself; with both, those it says', () => {
      const made = test.open({ validate: () => true });
      test.borrow(made, 1)[0]?.fail(boom);
      expect(made.stats.total).toBe(1);
      const other = test.open({ validate: () => true, destroyOn: () => true });
      test.borrow(other, 1)[0]?.fail(boom);
      expect(other.stats.total).toBe(0);
    });

    it('that throws is reported, and has it destroyed', async () => {
      const made = test.open({ destroyOn: () => { throw new Error('of destroyOn'); } });
      const [borrower] = test.borrow(made, 1);
      borrower?.fail(boom);
      expect(borrower?.error).toBe(boom);
      expect(made.stats.total).toBe(0);
      expect(await reported()).toEqual(['of destroyOn']);
    }); // prettier-ignore
  });
});
