import { config, map, merge, NEVER, Observable, of, share, switchMap, take } from 'rxjs';
import { collectorKey, findCollector, inExtent, rxLayer } from '../../lib/core/layer.js';
import { awaitRelease } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { nextMacrotask } from '../support/macrotask.js';

type Found = ReturnType<typeof findCollector>;

const boom = new Error('boom');

/** The collector that whoever subscribes to it finds, for each subscription. */
function finder(found: Found[]): Observable<number> {
  return new Observable((subscriber) => {
    found.push(findCollector(subscriber));
    subscriber.next(1);
    subscriber.complete();
  });
}

describe('findCollector', () => {
  it('finds none where nobody collects', () => {
    const found: Found[] = [];
    finder(found)
      .pipe(map((n) => n))
      .subscribe();
    expect(found).toEqual([null]);
  });

  it('walks down the chain of subscribers that RxJS links', () => {
    const found: Found[] = [];
    const source = finder(found);
    const operators = [
      source.pipe(map((n) => n)),
      source.pipe(take(1)),
      of(1).pipe(switchMap(() => source)),
      merge(NEVER, source),
    ];
    for (const one of operators) one.pipe(awaitRelease()).subscribe().unsubscribe();
    expect(found).toHaveLength(operators.length);
    for (const one of found) expect(one).toHaveProperty('collecting');
    expect(new Set(found).size).toBe(operators.length);
  });

  it('answers with who is subscribing right now where that chain breaks', () => {
    const found: Found[] = [];
    finder(found).pipe(share(), awaitRelease()).subscribe();
    expect(found[0]).not.toBeNull();
  });

  it('finds one that says so under the registered key, as another copy of the package does', () => {
    const found: Found[] = [];
    const collector = { pending: 0 } as never;
    const downstream = new Observable<number>((subscriber) => {
      Object.defineProperty(subscriber, collectorKey, { value: collector });
      subscriber.add(
        finder(found)
          .pipe(
            take(1),
            map((n) => n),
          )
          .subscribe(subscriber),
      );
    });
    downstream.subscribe();
    expect(found[0]).toBe(collector);
    expect(found).toHaveLength(1);
  });
});

describe('inExtent', () => {
  it('ends with the action, also where that throws', () => {
    const collector = { pending: 0 } as never;
    const seen: Found[] = [];
    inExtent(collector, () => seen.push(findCollector({})));
    expect(() => inExtent(collector, () => raise(boom))).toThrow(boom);
    seen.push(findCollector({}));
    expect(seen).toEqual([collector, null]);
  });

  it('nests', () => {
    const [outer, inner] = [{ pending: 1 } as never, { pending: 2 } as never];
    const seen: Found[] = [];
    inExtent(outer, () => {
      inExtent(inner, () => seen.push(findCollector({})));
      seen.push(findCollector({}));
    });
    expect(seen).toEqual([inner, outer]);
  });
});

describe('rxLayer', () => {
  it('reports as RxJS does: to config.onUnhandledError, asynchronously', async () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error); // until the test ends
    rxLayer.report(boom);
    expect(reported).toEqual([]);
    await nextMacrotask();
    expect(reported).toEqual([boom]);
  });
});
