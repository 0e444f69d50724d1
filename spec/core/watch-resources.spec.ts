import { NEVER, of, Subject, throwError } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  combine,
  ExitStack,
  fromManager,
  fromValue,
  lease,
  named,
  onExit,
  releaseTimeout,
  resource,
  scoped,
  suppress,
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
    const nothing = (): void => undefined;
    expect(() => watchResources(null as never)).toThrow(
      new TypeError('Expected opened to be a function, received null.'),
    );
    expect(() => watchResources(nothing, { waiting: 1 as never })).toThrow(TypeError);
    expect(() => watchResources(nothing, { unreleased: null as never })).toThrow(TypeError);
  });

  describe('waiting', () => {
    let log: string[];
    let stop: () => void;

    beforeEach(() => {
      log = [];
      stop = watchResources(() => undefined, {
        waiting: ({ scope, name, stage }, source) => log.push(`${stage} of ${name} in ${scope.name}: ${source}`),
      });
    });

    afterEach(() => {
      stop();
    });

    it('tells of the promises of an acquire, of a body and of a release, when each begins', async () => {
      const db = resource({ name: 'db', acquire: async () => 1, release: async () => undefined });
      const ended = new Promise<void>((complete) => void using(db, async () => 2).subscribe({ complete }));
      expect(log).toEqual(['acquire of db in db: promise']);
      await ended;
      expect(log.slice(1)).toEqual(['body of db in db: promise', 'release of db in db: promise']);
    });

    it('tells of observables that answer later, and of none that answers at once', () => {
      const answer = new Subject<number>();
      const prompt = resource({ name: 'prompt', acquire: () => of(1), release: () => of(2) });
      const late = resource({ name: 'late', acquire: () => answer, release: () => answer });
      prompt.pipe(andThen(() => late)).subscribe().unsubscribe(); // prettier-ignore
      answer.next(1);
      answer.complete();
      expect(log).toEqual(['acquire of late in prompt: observable', 'release of late in prompt: observable']);
    });

    it('tells of a part as a step of the scope that it is in', async () => {
      const a = resource({ name: 'a', acquire: async () => 'a', release: () => undefined, lost: () => NEVER });
      const b = resource(async function* () { yield 'b'; }); // prettier-ignore
      const both = combine([a.pipe(named('c')), b.pipe(named('d'), releaseTimeout(1000))], { concurrent: true });
      await (await lease(both.pipe(named('both')))).release();
      expect([...new Set(log)].sort()).toEqual([
        'acquire of both in both: observable', // what enters its members
        'acquire of c in both: promise',
        'acquire of d in both: observable', // what limits its release
        'acquire of d in both: promise',
        'release of d in both: observable',
        'release of d in both: promise',
      ]);
    });

    it('tells of what is entered into a stack by its own name, and of the entries of the stack by that of the scope', async () => {
      const a = resource({ name: 'a', acquire: async () => 'a', release: () => undefined });
      const built = scoped(async (stack) => {
        stack.defer(async () => undefined);
        await stack.enter(a);
      }).pipe(named('built'));
      await (await lease(built)).release();
      expect(log).toEqual([
        ...['acquire of a in a: promise', 'acquire of built in built: promise'],
        'release of ExitStack in built: promise',
      ]);
      const stack = new ExitStack();
      stack.defer(async () => undefined);
      await stack.close();
      expect(log.at(-1)).toBe('release of ExitStack in ExitStack: promise');
    });

    it('is given the view that opened was given', async () => {
      const views = new Set<OpenResource>();
      const stopTwo = watchResources((view) => void views.add(view), { waiting: ({ scope }) => views.add(scope) });
      await (await lease(resource({ name: 'db', acquire: async () => 1, release: async () => 2 }))).release();
      stopTwo();
      expect([...views].map(({ name }) => name)).toEqual(['db']);
    });

    it('reports what it throws, and disturbs no scope', async () => {
      const stopTwo = watchResources(() => undefined, {
        waiting: ({ stage }) => {
          throw new Error(`at the ${stage}`);
        },
      });
      const held = await lease(resource({ name: 'db', acquire: async () => 1, release: async () => 2 }));
      await held.release();
      stopTwo();
      expect(await reported()).toEqual(['at the acquire', 'at the release']);
    });
  });

  describe('unreleased', () => {
    const forgotten = (name: string) => resource({ name, acquire: () => name });
    const namesOf = (source: { subscribe(): { unsubscribe(): void } }): string[] => {
      const names: string[] = [];
      const stop = watchResources(() => undefined, {
        unreleased: ({ name, scope, stage }) => names.push(`${stage} of ${name} in ${scope.name}`),
      });
      source.subscribe().unsubscribe();
      stop();
      return names;
    };

    it('tells of what was held and was described without a release, when it is given up', () => {
      expect(namesOf(forgotten('a'))).toEqual(['release of a in a']);
      expect(namesOf(using(forgotten('a'), () => of(1)))).toEqual(['release of a in a']);
      expect(namesOf(forgotten('a').pipe(named('b')))).toEqual(['release of b in b']);
      expect(namesOf(resource({ name: 'a', acquire: () => 1, lost: () => NEVER }))).toEqual(['release of a in a']);
      expect(namesOf(resource({ name: 'a', acquire: () => 1, releaseTimeout: 10 }))).toEqual(['release of a in a']);
    });

    it('tells of each that is a part of another', () => {
      const all = combine([forgotten('a'), fromValue(1), forgotten('b')]).pipe(andThen(() => forgotten('c')));
      expect(namesOf(all.pipe(named('all')))).toEqual(['c', 'b', 'a'].map((name) => `release of ${name} in all`));
    });

    it('tells also where something is done around the release', () => {
      const around = forgotten('a').pipe(
        onExit(() => undefined),
        suppress(TypeError),
      );
      expect(namesOf(around)).toEqual(['release of a in a']);
    });

    it('does not tell of what was never held', () => {
      const broken = resource({ name: 'a', acquire: () => throwError(() => new Error('broken')) });
      const failing = using(broken, () => []);
      expect(namesOf({ subscribe: () => failing.subscribe({ error: () => undefined }) })).toEqual([]);
    });

    it.each([
      ['a release that does nothing', resource({ acquire: () => 1, release: () => undefined })],
      ['an exit', resource({ acquire: () => 1, exit: () => undefined })],
      ['a value', fromValue(1)],
      ['a manager', fromManager(() => ({ enter: () => 1, exit: () => undefined }))],
      ['a generator without a word after its yield', resource(function* () { yield 1; })], // prettier-ignore
      ['nothing at all', combine([])],
      ['an empty stack', scoped(() => 1)],
    ])('does not tell of %s', (_, source) => {
      expect(namesOf(source)).toEqual([]);
    });
  });
});
