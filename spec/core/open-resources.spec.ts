import { Observable, of, Subject, take } from 'rxjs';
import { andThen, awaitRelease, combine, named, openResources, resource, settled, using } from '../../lib/index.js';
import { testResources } from '../../lib/testing/index.js';
import { Gate, notificationsOf } from '../support/journal.js';

const states = (): string[] => openResources().map(({ name, state }) => `${name} is ${state}`);

describe('openResources', () => {
  it('is empty where nothing is open', () => {
    expect(openResources()).toEqual([]);
  });

  it('shows the state: entering, held, exiting, then nothing', () => {
    const [acquired, body, released] = [new Subject<number>(), new Subject<number>(), new Subject<void>()];
    const source = resource({ name: 'a', acquire: () => acquired, release: () => released });
    using(source, () => body).subscribe();
    expect(states()).toEqual(['a is entering']);
    acquired.next(1);
    expect(states()).toEqual(['a is held']);
    body.complete();
    expect(states()).toEqual(['a is exiting']);
    released.complete();
    expect(states()).toEqual([]);
  });

  it('shows what goes on in the background, too (law 12)', async () => {
    const released = new Gate();
    resource({ name: 'a', acquire: () => 1, release: () => released.promise })
      .subscribe()
      .unsubscribe();
    expect(states()).toEqual(['a is exiting']);
    released.open();
    await settled();
    expect(states()).toEqual([]);
  });

  it('lists them in the order of opening', () => {
    const subscriptions = ['a', 'b', 'c'].map((name) => resource({ name, acquire: () => 1 }).subscribe());
    expect(openResources().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    subscriptions[1]?.unsubscribe();
    expect(openResources().map(({ name }) => name)).toEqual(['a', 'c']);
    subscriptions[0]?.unsubscribe();
    subscriptions[2]?.unsubscribe();
    expect(openResources()).toEqual([]);
  });

  it('lists one for each scope, with the name of the whole', () => {
    const part = resource({ name: 'part', acquire: () => 1 });
    const subscriptions = [
      part.pipe(andThen(() => part)).subscribe(),
      combine([part, part], { concurrent: true }).pipe(named('both')).subscribe(),
    ];
    expect(openResources().map(({ name }) => name)).toEqual(['part', 'both']);
    for (const subscription of subscriptions) subscription.unsubscribe();
  });

  it('tells since when, in the time of the scheduler', () => {
    const seen: number[] = [];
    testResources(({ hot }) => {
      const subscription = new Subject<void>();
      hot('---x').subscribe(() => {
        subscription.complete();
        const held = resource({ acquire: () => 1 }).subscribe();
        seen.push(...openResources().map(({ since }) => since));
        held.unsubscribe();
      });
    });
    expect(seen).toEqual([3]);
  });

  it('can be asked from inside the subscribe of a scope', () => {
    const seen: string[] = [];
    const asking = resource({
      name: 'a',
      acquire: () => seen.push(...states()),
      release: () => seen.push(...states()),
    });
    const body = new Observable<number>((subscriber) => {
      seen.push(...states());
      subscriber.complete();
    });
    using(asking, () => body).subscribe();
    expect(seen).toEqual(['a is entering', 'a is held', 'a is exiting']);
  });

  it('is a snapshot: what happens later does not change it', () => {
    const subscription = resource({ name: 'a', acquire: () => 1 }).subscribe();
    const before = openResources();
    subscription.unsubscribe();
    expect(before.map(({ state }) => state)).toEqual(['held']);
  });

  it('forgets a scope before its consumer is told the end (law 3)', () => {
    const seen: number[] = [];
    using(resource({ acquire: () => 1 }), () => of(1)).subscribe({ complete: () => seen.push(openResources().length) });
    expect(seen).toEqual([0]);
    expect(notificationsOf(resource({ acquire: () => 1 }).pipe(take(1), awaitRelease()))).toEqual([
      'next 1',
      'complete',
    ]);
  });
});
