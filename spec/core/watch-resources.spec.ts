import { NEVER, of } from 'rxjs';
import {
  acquireTimeout,
  fromValue,
  named,
  resource,
  using,
  watchResources,
  type OpenResource,
} from '../../lib/index.js';
import { shared } from '../../lib/core/engine/shared.js';
import { reported } from '../support/journal.js';

describe('watchResources', () => {
  it('tells of each scope when it is opened, and when it has gone', () => {
    const log: string[] = [];
    const stop = watchResources(({ name }) => {
      log.push(`+${name}`);
      return () => log.push(`-${name}`);
    });
    using(fromValue(1).pipe(named('outer')), () => using(fromValue(2).pipe(named('inner')), () => of(3))).subscribe();
    stop();
    expect(log).toEqual(['+outer', '+inner', '-inner', '-outer']);
  });

  it('hands out a view that shows what the scope is at', () => {
    const seen: OpenResource[] = [];
    const stop = watchResources((view) => void seen.push(view));
    const states: unknown[] = [];
    const look = (): void => void states.push(seen[0]?.state);
    const db = resource({ name: 'db', acquire: look, release: async () => undefined });
    const subscription = using(db, () => NEVER).subscribe();
    look();
    subscription.unsubscribe();
    look();
    stop();
    expect(states).toEqual(['entering', 'held', 'exiting']);
    expect(seen[0]?.since).toEqual(expect.any(Number));
  });

  it('tells of a resource made of parts once, as openResources() lists it', () => {
    const names: string[] = [];
    const stop = watchResources(({ name }) => void names.push(name));
    using(fromValue(1).pipe(acquireTimeout(1000)), () => []).subscribe();
    stop();
    expect(names).toEqual(['value']);
  });

  it('tells several watchers, each until it stops', () => {
    const { watchers } = shared; // the leak check of the test is one too
    const log: string[] = [];
    const stops = ['first', 'second'].map((who) => watchResources(({ name }) => void log.push(`${who}: ${name}`)));
    fromValue(1).subscribe().unsubscribe();
    stops[0]?.();
    stops[0]?.();
    fromValue(1).subscribe().unsubscribe();
    stops[1]?.();
    fromValue(1).subscribe().unsubscribe();
    expect(log).toEqual(['first: value', 'second: value', 'second: value']);
    expect(shared.watchers).toEqual(watchers);
  });

  it('leaves no list behind where nobody watches any more', () => {
    const { watchers } = shared;
    shared.watchers = null;
    const values: number[] = [];
    try {
      watchResources(() => undefined)();
      expect(shared.watchers).toBeNull();
      using(fromValue(1), (value) => of(value)).subscribe((value) => values.push(value));
    } finally {
      shared.watchers = watchers;
    }
    expect(values).toEqual([1]);
  });

  it('reports what a callback throws, and disturbs no scope', async () => {
    const stop = watchResources(({ name }) => {
      if (name === 'bad') throw new Error('at the opening');
      return () => {
        throw new Error('at the end');
      };
    });
    const values: unknown[] = [];
    using(fromValue(1).pipe(named('bad')), (value) => of(value)).subscribe((value) => values.push(value));
    using(fromValue(2), (value) => of(value)).subscribe((value) => values.push(value));
    stop();
    expect(values).toEqual([1, 2]);
    expect(await reported()).toEqual(['at the opening', 'at the end']);
  });

  it('refuses what is no function', () => {
    expect(() => watchResources(null as never)).toThrow(
      new TypeError('Expected opened to be a function, received null.'),
    );
  });
});
