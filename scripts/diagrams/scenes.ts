import { concat, ignoreElements, merge, mergeMap, take, type Observable } from 'rxjs';
import {
  deadline,
  awaitRelease,
  combine,
  keyed,
  paginate,
  pull,
  retryAcquire,
  shareResource,
  switchResource,
  use,
  using,
  type Keyed,
} from 'rxscope';
import type { Scene } from './record.js';

/** Every diagram there is. Each is in at least one place: `npm run diagrams` puts them there. */
export const scenes: readonly Scene[] = [
  {
    name: 'using',
    title: 'The completion comes after the release',
    play: ({ cold, probe, row }) => {
      const file = probe('file', { acquire: '--(f|)', release: '---|' });
      const body = cold('--1--2--|').pipe(row('body'));
      return [using(file, () => body).pipe(row('using'))];
    },
  },
  {
    name: 'failing-body',
    title: 'The inner scope is released before the outer one; both are told the error before the consumer is',
    play: ({ cold, probe, row }) => {
      const outer = probe('connection', { release: '---|' });
      const inner = probe('transaction', { release: '--|' });
      const body = cold('--1--#').pipe(row('body'));
      return [using(outer, () => using(inner, () => body)).pipe(row('using'))];
    },
  },
  {
    name: 'await-release',
    title: 'take leaves the scope and completes at once; awaitRelease holds back the end until it is released',
    play: ({ cold, probe, row }) => {
      const file = probe('file', { release: '---|' });
      const taken = using(file, () => cold('--1--2--3')).pipe(take(2), row('take(2)'));
      return [taken.pipe(awaitRelease(), row('awaitRelease'))];
    },
  },
  {
    name: 'switch-resource',
    title: 'The resource before is released, then the next one is entered',
    play: switching({ overlap: false }),
  },
  {
    name: 'switch-resource-overlap',
    title: 'With overlap the next one is entered, then the one before is released',
    play: switching({ overlap: true }),
  },
  {
    name: 'combine',
    title: 'The members of a combined resource are entered in order and released in reverse',
    play: ({ cold, probe, row }) => {
      const both = combine([probe('database', slow('d')), probe('cache', slow('c'))]);
      const body = cold('--1--|').pipe(row('body'));
      return [
        both.pipe(
          use(() => body),
          row('use'),
        ),
      ];
    },
  },
  {
    name: 'combine-concurrent',
    title: 'With concurrent and concurrentRelease all members are entered and released at once',
    play: ({ cold, probe, row }) => {
      const members = [probe('database', slow('d')), probe('cache', slow('c'))];
      const both = combine(members, { concurrent: true, concurrentRelease: true });
      const body = cold('--1--|').pipe(row('body'));
      return [
        both.pipe(
          use(() => body),
          row('use'),
        ),
      ];
    },
  },
  {
    name: 'retry-acquire',
    title: 'Entering is tried again; the body runs once',
    play: ({ cold, probe, row }) => {
      const flaky = probe('socket', { acquire: ['--#', '--(s|)'], release: '--|' });
      const body = cold('--1--|').pipe(row('body'));
      return [
        flaky.pipe(
          retryAcquire({ delay: 3 }),
          use(() => body),
          row('use'),
        ),
      ];
    },
  },
  {
    name: 'leak',
    title: 'The socket of the first currency stays open beside that of the second',
    play: ({ cold, probe, row }) => {
      const currencies = cold('a----b').pipe(row('currency'));
      const socket = probe('socket', { release: '--|' });
      const quotes = currencies.pipe(mergeMap((q) => using(socket, () => cold('-q', { q }))));
      return [quotes.pipe(row('quotes')), '---------!'];
    },
  },
  {
    name: 'pull',
    title: 'The next value is asked for when a slot is free',
    play: ({ cold, mark, row }) => {
      const asked = mark('asked for');
      function* values(): Generator<string> {
        for (const value of ['----a|', '--------b|', '--c|', '----d|']) {
          asked(value.replace(/\W/g, ''));
          yield value;
        }
        asked('|');
      }
      const work = row('work');
      return [pull(values, (value) => cold(value).pipe(work), { concurrency: 2 }).pipe(row('pull'))];
    },
  },
  {
    name: 'paginate',
    title: 'A page is requested when its items are wanted',
    play: paging({ prefetch: 0 }),
  },
  {
    name: 'paginate-prefetch',
    title: 'With prefetch a page is requested while the one before is worked on',
    play: paging({ prefetch: 1 }),
  },
  {
    name: 'deadline',
    title: 'Left when it is due; the error comes after the release',
    play: ({ cold, probe, row }) => {
      const file = probe('file', { release: '---|' });
      return [using(file, () => cold('--1-----2--|').pipe(row('body'))).pipe(deadline(5), row('deadline(5)'))];
    },
  },
  {
    name: 'share-resource',
    title: 'One instance for all who use it; who comes while it is released waits for that, then gets a new one',
    play: ({ cold, probe, row }) => {
      const shared = probe('instance', slow('h')).pipe(shareResource());
      const user = (marbles: string) => shared.pipe(use(() => cold(marbles)));
      return [
        merge(
          user('--1--|').pipe(row('first')),
          after(cold('---|'), user('--2--|')).pipe(row('second')),
          after(cold('----------|'), user('--3--|')).pipe(row('third')),
        ),
      ];
    },
  },
  {
    name: 'keyed',
    title: 'One instance for each key, kept for a while after its last user',
    play: ({ cold, probe, row }) => {
      const files = { a: probe('file a', slow('a')), b: probe('file b', slow('b')) };
      const map = keyed((key: 'a' | 'b') => files[key], { idleTimeout: 4 });
      const body = (key: 'a' | 'b', handles: Keyed<'a' | 'b', string>) =>
        handles.get(key).pipe(use(() => cold('--1--|')));
      return [
        using(map, (handles) =>
          merge(
            body('a', handles).pipe(row('get(a)')),
            after(cold('-|'), body('b', handles)).pipe(row('get(b)')),
            after(cold('----------|'), body('a', handles)).pipe(row('get(a) again')),
          ),
        ),
      ];
    },
  },
];

function after<T>(start: Observable<unknown>, source: Observable<T>): Observable<T> {
  return concat(start.pipe(ignoreElements()), source);
}

function switching(options: { readonly overlap: boolean }): Scene['play'] {
  return ({ cold, probe, row }) => {
    const source = cold('-a------b----|').pipe(row('source'));
    const [a, b] = [probe('resource a', slow('A')), probe('resource b', slow('B'))];
    const switched = source.pipe(switchResource((name) => (name === 'a' ? a : b), options));
    return [switched.pipe(row('switchResource')), '-------------------!'];
  };
}

function slow(value: string) {
  return { acquire: '--(h|)', release: '---|', value };
}

function paging(options: { readonly prefetch: number }): Scene['play'] {
  return ({ cold, row }) => {
    const request = row('requests');
    const pages = paginate({
      fetch: (page: number | undefined) => cold(`---${'pqr'.charAt(page ?? 0)}|`).pipe(request),
      items: (page) => ({ p: '12', q: '34', r: '56' })[page] ?? '',
      next: (page) => ({ p: 1, q: 2 })[page],
      ...options,
    });
    return [pull(pages, (item) => cold('--i|', { i: item })).pipe(row('pull'))];
  };
}
