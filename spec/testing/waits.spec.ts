import { NEVER, of, Subject } from 'rxjs';
import { andThen, lease, openResources, resource, settled, using } from '../../lib/index.js';
import { LifecycleError } from '../../lib/testing/index.js';
import { Waits } from '../../lib/testing/waits.js';
import { failureOf, lines } from '../support/failure-of.js';

describe('Waits', () => {
  const promised = resource({ name: 'promised', acquire: async () => 1, release: async () => undefined });
  const TITLE = 'A promise was met, which does not settle in virtual time: testResourcesAsync() waits for it.';

  it('fails for promises that were met, also once they have settled', async () => {
    const waits = new Waits();
    waits.assertNoPromise();
    await (await lease(promised)).release();
    expect(failureOf(() => waits.assertNoPromise())).toBe(
      lines(
        'Promises were met, which do not settle in virtual time: testResourcesAsync() waits for them.',
        '  the acquire of "promised"',
        '  the release of "promised"',
      ),
    );
    waits.stop();
  });

  it('names the scope as well where it is another', async () => {
    const waits = new Waits();
    const db = resource({ name: 'db', acquire: () => 1, release: () => undefined });
    const held = await lease(
      db.pipe(andThen(() => resource({ name: 'row', acquire: async () => 1, release: () => 1 }))),
    );
    await held.release();
    expect(failureOf(() => waits.assertNoPromise())).toBe(lines(TITLE, '  the acquire of "row" (in "db")'));
    waits.stop();
  });

  it('does not mind observables, nor what is met once it is stopped', async () => {
    const waits = new Waits();
    const answer = new Subject<number>();
    resource({ name: 'db', acquire: () => answer }).subscribe().unsubscribe(); // prettier-ignore
    answer.next(1);
    waits.stop();
    await (await lease(promised)).release();
    expect(() => waits.assertNoPromise()).not.toThrow();
  });

  it('explains failures of the kit, once, and no others', async () => {
    const waits = new Waits();
    const failure = new LifecycleError('It differs.');
    expect(waits.explain(failure)).toBe(failure);
    expect(failure.message).toBe('It differs.');
    await new Promise<void>(
      (complete) => void using(resource({ name: 'db', acquire: () => 1 }), async () => 1).subscribe({ complete }),
    );
    waits.stop();
    expect((waits.explain(failure) as Error).message).toBe(lines('It differs.', TITLE, '  the body of "db"'));
    const other = new Error('other');
    expect(waits.explain(other)).toBe(other);
    expect(other.message).toBe('other');
    try {
      waits.assertNoPromise();
    } catch (error) {
      expect((waits.explain(error) as Error).message).toBe(lines(TITLE, '  the body of "db"'));
    }
    expect.assertions(6);
  });

  it('tells what each scope waits for that is still entering or exiting', async () => {
    const waits = new Waits();
    const answer = new Subject<number>();
    const entering = resource({ name: 'entering', acquire: () => answer }).subscribe();
    const exiting = resource({ name: 'exiting', acquire: () => of(1), release: () => answer }).subscribe();
    const held = resource({ name: 'held', acquire: async () => 1 });
    const holder = await lease(held);
    const outer = using(resource({ name: 'outer', acquire: () => 1 }), () =>
      using(resource({ name: 'inner', acquire: () => 1, release: () => answer }), () => NEVER),
    ).subscribe();
    const late = resource({ name: 'late', acquire: () => 1, release: async () => undefined }).subscribe();
    for (const each of [entering, exiting, outer]) each.unsubscribe();
    expect(waits.hanging([])).toEqual([
      '  the acquire of "entering" waits for an observable',
      '  the release of "exiting" waits for an observable',
      '  the release of "inner" waits for an observable', // and the outer one for the inner
    ]);
    late.unsubscribe();
    expect(waits.hanging(['entering', 'inner'])).toEqual([
      '  the release of "exiting" waits for an observable',
      '  the release of "late" waits for a promise',
    ]);
    answer.next(1);
    answer.complete();
    await holder.release();
    await settled();
    expect(waits.hanging([])).toEqual([]);
    expect(openResources()).toEqual([]);
    waits.stop();
  });
});
