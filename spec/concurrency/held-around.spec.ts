import { map, mergeMap, of, share, switchMap, type Observable } from 'rxjs';
import {
  andThen,
  combine,
  lease,
  named,
  onExit,
  resource,
  Resource,
  scoped,
  settled,
  use,
  using,
} from '../../lib/index.js';
import { heldAround } from '../../lib/concurrency/held-around.js';
import { permitResource } from '../../lib/concurrency/permit-leaf.js';
import { Permits } from '../../lib/concurrency/permits.js';
import { leaf } from '../../lib/core/leaf.js';

describe('heldAround', () => {
  let few: Permits;
  let seen: number[];

  const permits = (total = 10): Permits =>
    new Permits({ name: 'few', total, aging: Infinity, reentrant: false, now: () => 0 });

  beforeEach(() => {
    few = permits();
    seen = [];
  });

  const hold = (count: number, of = few): Resource<void> => permitResource('few', of, count);
  /** A resource that looks how much is held around it. */
  const look = (): Resource<number> =>
    new Resource('look', leaf({ acquire: (scope) => { seen.push(heldAround(scope, few)); return 0; } })); // prettier-ignore
  const body = (): Observable<number> => using(look(), () => of(1));

  it('is 0 where nothing is around', () => {
    body().subscribe();
    expect(seen).toEqual([0]);
  });

  it('adds up what the scopes hold in whose body it is', () => {
    using(hold(1), () => using(hold(2), () => using(hold(4), body))).subscribe();
    expect(seen).toEqual([7]);
  });

  it('counts only what is of the same source', () => {
    using(hold(1), () => using(hold(5, permits()), body)).subscribe();
    expect(seen).toEqual([1]);
  });

  it('counts what the scope itself has entered before', () => {
    const chain = hold(2).pipe(andThen(() => hold(3)), andThen(() => look())); // prettier-ignore
    using(chain, () => of(1)).subscribe();
    expect(seen).toEqual([5]);
  });

  it.each<[string, (part: Resource<void>) => Resource<unknown>]>([
    ['combine', (part) => combine([part, hold(1)])],
    ['combine, concurrent', (part) => combine({ part, other: hold(1) }, { concurrent: true })],
    ['combine, released concurrently', (part) => combine([part, hold(1)], { concurrentRelease: true })],
    [
      'named and onExit',
      (part) =>
        combine([
          part.pipe(
            named('x'),
            onExit(() => undefined),
          ),
          hold(1),
        ]),
    ],
    ['combine of combine', (part) => combine([combine([part]), combine([hold(1)])])],
  ])('counts what is a part of the scope around: %s', (_, whole) => {
    using(whole(hold(2)), body).subscribe();
    expect(seen).toEqual([3]);
  });

  it('counts for a part of a whole inside what is around the whole', () => {
    using(hold(2), () => using(combine([look(), hold(1)]), () => of(1))).subscribe();
    using(hold(2), () => using(combine([look(), look()], { concurrent: true }), () => of(1))).subscribe();
    expect(seen).toEqual([2, 2, 2]);
  });

  it('goes through operators', () => {
    using(hold(2), () => of(1, 2).pipe(mergeMap(body), map((x) => String(x)), switchMap(() => of(1)))).subscribe(); // prettier-ignore
    expect(seen).toEqual([2, 2]);
  });

  it('does not count what emits the value that leads to it', () => {
    using(hold(2), () => of(1)).pipe(mergeMap(body)).subscribe(); // prettier-ignore
    expect(seen).toEqual([0]);
  });

  it('does not count around what a body subscribes on its own', () => {
    using(hold(2), () => {
      body().subscribe();
      return of(1);
    }).subscribe();
    expect(seen).toEqual([0]);
  });

  it('does not see through what is shared or through a promise', async () => {
    const all = body().pipe(share());
    using(hold(2), () => all).subscribe();
    using(hold(2), async () => {
      const held = await lease(look());
      await held.release();
    }).subscribe();
    await settled();
    expect(seen).toEqual([0, 0]);
  });

  it('does not count what has been given back', () => {
    const part = resource({ acquire: () => 1, release: () => body() });
    using(part.pipe(andThen(() => hold(2))), () => of(1)).subscribe(); // prettier-ignore
    expect(seen).toEqual([0]);
  });

  it('counts what is still held while a part inside is released', () => {
    const part = resource({ acquire: () => 1, release: () => body() });
    using(hold(2).pipe(andThen(() => part)), () => of(1)).subscribe(); // prettier-ignore
    expect(seen).toEqual([2]);
  });

  it('does not see what a stack around holds', async () => {
    const whole = scoped(async (stack) => stack.enter(hold(2)));
    await new Promise<void>((resolve) => {
      whole.pipe(use(body)).subscribe({ complete: resolve });
    });
    expect(seen).toEqual([0]);
  });

  it('does not see what stands beside it in a concurrent combine', () => {
    using(combine([hold(2), look()], { concurrent: true }), () => of(1)).subscribe();
    expect(seen).toEqual([0]);
  });
});
