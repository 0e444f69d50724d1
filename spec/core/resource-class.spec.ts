import { isObservable, map, Observable, of, pipe } from 'rxjs';
import { checkResource, isResource, nodeOf } from '../../lib/core/resource-class.js';
import { fromValue, named, Resource, use, using } from '../../lib/index.js';
import { Journal, notificationsOf } from '../support/journal.js';

describe('Resource', () => {
  describe('pipe', () => {
    it('without operators is the resource itself', () => {
      const source = fromValue(1);
      expect(source.pipe()).toBe(source);
    });

    it('applies any number of operators in order, of ours and of RxJS', () => {
      const source = fromValue(1).pipe(
        named('a'),
        named('b'),
        use((n) => of(n)),
        map((n) => n + 1),
        map((n) => n + 1),
        map((n) => n + 1),
        map((n) => n + 1),
        map((n) => n + 1),
        map((n) => n + 1),
        map((n: unknown) => (n as number) * 10),
      );
      expect(notificationsOf(source)).toEqual(['next 70', 'complete']);
    });

    it('takes operators put together by the pipe of RxJS', () => {
      const source = fromValue(1).pipe(pipe(named('a'), use((n) => of(n)))); // prettier-ignore
      expect(notificationsOf(source)).toEqual(['next 1', 'complete']);
    });
  });

  it('is an observable to RxJS', () => {
    expect(isObservable(fromValue(1))).toBe(true);
    expect(fromValue(1)).toBeInstanceOf(Observable);
  });

  it('becomes a plain observable by operators of RxJS, which keeps its scope', () => {
    const journal = new Journal();
    const mapped = journal.resource('a').pipe(map((handle) => `${handle}!`));
    expect(mapped).not.toBeInstanceOf(Resource);
    mapped.subscribe(journal.observer()).unsubscribe();
    expect(journal.lines).toEqual(['+a', 'next a!', '-a unsubscribe']);
  });
});

describe('isResource', () => {
  it.each<[string, unknown, boolean]>([
    ['a resource', fromValue(1), true],
    ['a renamed one', fromValue(1).pipe(named('a')), true],
    ['an observable', of(1), false],
    ['what using() makes', using(fromValue(1), () => of(1)), false],
    ['null', null, false],
    ['a function', () => fromValue(1), false],
  ])('tells of %s', (_, value, expected) => {
    expect(isResource(value)).toBe(expected);
  });
});

describe('checkResource and nodeOf', () => {
  it('let a resource pass', () => {
    expect(() => checkResource(fromValue(1))).not.toThrow();
    expect(nodeOf(fromValue(1))).toMatchObject({ kind: 'leaf' });
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [() => 1, 'function'],
    ['text', 'string'],
  ])('refuse %p with a TypeError that says how to make one', (value, received) => {
    for (const check of [checkResource, nodeOf]) {
      const call = (): unknown => check(value as never);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(`Expected a Resource, received ${received}. Make one with resource(), fromManager(),`);
    }
  });
});
