import {
  concatMap,
  defer,
  delay,
  EMPTY,
  mergeMap,
  NEVER,
  of,
  retry,
  Subject,
  switchAll,
  take,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import {
  awaitRelease,
  combine,
  lease,
  named,
  openResources,
  resource,
  settled,
  suppress,
  use,
  using,
  type Resource,
} from '../../lib/index.js';
import { keyed, shareResource, type Keyed } from '../../lib/sharing/index.js';
import { raise } from '../support/failing.js';
import { Gate, inVirtualTime, Journal, notificationsOf, reported, type Part } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

/** One way to share: makes a resource of which each scope is one more user, and which is entered in the scope of `hold`. */
interface Way {
  readonly name: string;
  share(this: void, source: Resource<string>, options?: { idleTimeout?: number; overlap?: boolean }): Resource<string>;
}

const ways: readonly Way[] = [
  { name: 'shareResource', share: (source, options = {}) => source.pipe(shareResource(options)) },
  {
    name: 'keyed',
    share: (source, options = {}) => {
      let map!: Keyed<string, string>;
      // Held until the leak check would see it: nothing of it is listed as long as it has no user.
      const held = keyed<string, string>(() => source, options);
      maps.push(
        held.subscribe((handle) => {
          map = handle;
        }),
      );
      return map.get('key');
    },
  },
];

const maps: { unsubscribe(): void }[] = [];

describe.each(ways)('law 30: sharing by $name', ({ share }) => {
  const boom = new Error('boom');

  afterEach(() => {
    for (const map of maps.splice(0)) map.unsubscribe();
  });

  /** Users that come and leave at given frames; what happened, with the frame before each line. */
  const play = (
    part: (helpers: { cold: (marbles: string) => Observable<string> }) => Part,
    users: Readonly<Record<string, readonly [from: number, to: number]>>,
    options: { idleTimeout?: number; overlap?: boolean } = {},
  ): string[] => {
    const { lines } = inVirtualTime((journal, { cold, flush }) => {
      const shared = share(journal.resource('x', part({ cold })), options);
      for (const [name, [from, to]] of Object.entries(users)) {
        timer(from).subscribe(() => {
          const subscription = shared.subscribe(journal.observer(`${name} `));
          timer(to - from).subscribe(() => {
            journal.note(`${name} leaves`);
            subscription.unsubscribe();
          });
        });
      }
      flush();
    });
    return lines;
  };

  const slow: Part = { acquire: () => of('x').pipe(delay(3)), release: () => timer(3) };

  describe('entering', () => {
    it('is done for the first user, and for all who come meanwhile; the others get it at once', () => {
      expect(play(() => slow, { a: [0, 9], b: [1, 8], c: [3, 7], d: [5, 6] })).toEqual([
        '0 +x',
        '3 +x ok',
        '3 a next x',
        '3 b next x',
        '3 c next x',
        '5 d next x',
        '6 d leaves',
        '7 c leaves',
        '8 b leaves',
        '9 a leaves',
        '9 -x unsubscribe',
        '12 -x ok',
      ]);
    });

    it('goes on while anyone waits, also when the one who began it has left (K2)', () => {
      expect(play(() => slow, { a: [0, 1], b: [1, 5] })).toEqual([
        '0 +x',
        '1 a leaves',
        '3 +x ok',
        '3 b next x',
        '5 b leaves',
        '5 -x unsubscribe',
        '8 -x ok',
      ]);
    });

    it('is cancelled when the last who waits has left: the signal aborts, what still comes is released (K2)', () => {
      let signal!: AbortSignal;
      const part: Part = { ...slow, acquire: (context) => ((signal = context.signal), of('x').pipe(delay(3))) };
      const aborted: boolean[] = [];
      const { lines } = inVirtualTime((journal, { flush }) => {
        const shared = share(journal.resource('x', part), { idleTimeout: 100 });
        const a = shared.subscribe(journal.observer());
        const b = shared.subscribe(journal.observer());
        timer(1).subscribe(() => {
          a.unsubscribe();
          aborted.push(signal.aborted);
          b.unsubscribe();
          aborted.push(signal.aborted);
        });
        flush();
      });
      expect(lines).toEqual(['0 +x', '3 +x ok', '3 -x unsubscribe', '6 -x ok']);
      expect(aborted).toEqual([false, true]);
    });

    it('that may be given up is, with the last who waits', () => {
      const part: Part = { acquire: () => of('x').pipe(delay(3)), interruptible: true };
      expect(play(() => part, { a: [0, 1], b: [0, 2], c: [3, 9] })).toEqual([
        '0 +x',
        '1 a leaves',
        '2 b leaves',
        '3 +x',
        '6 +x ok',
        '6 c next x',
        '9 c leaves',
        '9 -x unsubscribe',
      ]);
    });

    it('anew waits for a cancelled one to come to its end', () => {
      expect(play(() => slow, { a: [0, 1], b: [2, 20] })).toEqual([
        '0 +x',
        '1 a leaves',
        '3 +x ok',
        '3 -x unsubscribe',
        '6 -x ok',
        '6 +x',
        '9 +x ok',
        '9 b next x',
        '20 b leaves',
        '20 -x unsubscribe',
        '23 -x ok',
      ]);
    });

    it('hands the same handle to all', () => {
      const handle = {};
      const shared = share(resource({ acquire: () => handle }) as never);
      const seen: unknown[] = [];
      const all = combine([shared, shared, shared]).subscribe((handles) => seen.push(...handles));
      expect(seen).toEqual([handle, handle, handle]);
      expect(new Set(seen).size).toBe(1);
      all.unsubscribe();
    });

    it('is synchronous where it is, for each user (law 17)', () => {
      const journal = new Journal();
      const shared = share(journal.resource('x'));
      expect(notificationsOf(using(shared, (x) => of(`${x} 1`)))).toEqual(['next x 1', 'complete']);
      expect(journal.take()).toEqual(['+x', '-x complete']);
      const outer = using(shared, () => using(shared, () => of(1)));
      expect(notificationsOf(outer)).toEqual(['next 1', 'complete']);
      expect(journal.take()).toEqual(['+x', '-x complete']);
    });
  });

  describe('a failure to enter', () => {
    it('reaches all who wait, as the same object, and is not kept, whatever the idle timeout (K5)', () => {
      const errors: unknown[] = [];
      let tries = 0;
      const { lines } = inVirtualTime((journal, { flush }) => {
        const acquire = (): Observable<string> =>
          timer(3).pipe(mergeMap(() => (++tries === 1 ? throwError(() => boom) : of('x'))));
        const shared = share(journal.resource('x', { acquire }), { idleTimeout: 9 });
        for (let i = 0; i < 3; i++) shared.subscribe({ error: (error: unknown) => errors.push(error) });
        timer(4).subscribe(() => {
          shared.pipe(take(1)).subscribe(journal.observer());
        });
        flush();
      });
      expect(errors).toHaveLength(3);
      expect(errors.every((error) => error === boom)).toBe(true);
      expect(lines).toEqual(['0 +x', '3 +x ok', '4 +x', '7 +x ok', '7 next x', '7 complete', '16 -x complete']);
    });

    it('is retried by one, and that is what the next ones share', () => {
      let tries = 0;
      const { lines } = inVirtualTime((journal, { flush }) => {
        const acquire = (): Observable<string> =>
          timer(2).pipe(mergeMap(() => (++tries < 3 ? throwError(() => boom) : of(`try ${String(tries)}`))));
        const shared = share(journal.resource('x', { acquire }));
        shared.pipe(retry(), take(1)).subscribe(journal.observer('a '));
        shared.pipe(retry(), take(1)).subscribe(journal.observer('b '));
        flush();
      });
      expect(lines.filter((line) => line.includes('+x'))).toEqual(['0 +x', '2 +x ok', '2 +x', '4 +x ok', '4 +x', '6 +x ok']); // prettier-ignore
      expect(lines.slice(-5)).toEqual(['6 a next try 3', '6 a complete', '6 b next try 3', '6 b complete', '6 -x unsubscribe']); // prettier-ignore
    });

    it.each([undefined, null, 0])('with %p is a failure as well', (error) => {
      const told: unknown[] = [];
      share(resource({ acquire: () => raise(error) })).subscribe({ error: (one: unknown) => told.push(one) });
      expect(told).toEqual([error]);
    });

    it('closes what had been entered before it, and who comes meanwhile waits for that and tries afresh (K5)', () => {
      let tries = 0;
      const { lines } = inVirtualTime((journal, { flush }) => {
        const first = journal.resource('first', { release: () => timer(3) });
        const second = journal.resource('second', {
          acquire: () => timer(2).pipe(mergeMap(() => (++tries === 1 ? throwError(() => boom) : of('second')))),
        });
        const shared = share(combine([first, second]).pipe(named('x')) as never);
        shared.subscribe(journal.observer('a '));
        timer(3).subscribe(() => {
          shared.pipe(take(1)).subscribe(journal.observer('b '));
        });
        flush();
      });
      expect(lines).toEqual([
        '0 +first',
        '0 +second',
        '2 +second ok',
        '2 -first error boom',
        '5 -first ok',
        '5 a error boom',
        '5 +first',
        '5 +second',
        '7 +second ok',
        '7 b next first,second',
        '7 b complete',
        '7 -second unsubscribe',
        '7 -first unsubscribe',
        '10 -first ok',
      ]);
    });

    it('that comes to nothing, because it is suppressed, completes all who wait without a value (law 11)', async () => {
      const journal = new Journal();
      const failing = journal.resource('b', { acquire: () => Promise.reject(boom) });
      const guarded = combine([resource({ acquire: () => 'a', exit: () => true }), failing]) as never;
      const shared = share(guarded);
      shared.subscribe(journal.observer('1 '));
      shared.subscribe(journal.observer('2 '));
      await nextMacrotask();
      expect(journal.lines).toEqual(['+b', '+b ok', '1 complete', '2 complete']);
    });

    it('after all have left is reported, unless it only says so (law 13)', async () => {
      for (const error of [boom, null]) {
        const acquire: Part['acquire'] = ({ signal }) =>
          new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => {
              reject(error ?? signal.reason);
            });
          });
        share(new Journal().resource('x', { acquire })).subscribe().unsubscribe();
        await settled();
        expect(await reported()).toEqual(error === null ? [] : ['boom']);
      }
    });
  });

  describe('the release', () => {
    it('is that of the last user, who waits for it (law 3)', () => {
      const { lines } = inVirtualTime((journal, { cold, flush }) => {
        const shared = share(journal.resource('x', slow));
        shared.pipe(use(() => cold('-1|'))).subscribe(journal.observer('a '));
        shared.pipe(use(() => cold('--2|'))).subscribe(journal.observer('b '));
        flush();
      });
      expect(lines).toEqual(['0 +x', '3 +x ok', '4 a next 1', '5 a complete', '5 b next 2', '6 -x complete', '9 -x ok', '9 b complete']); // prettier-ignore
    });

    it.each<[string, () => Observable<unknown>, string]>([
      ['completed', () => EMPTY, 'complete'],
      ['failed', () => throwError(() => boom), 'error boom'],
      ['was left', () => NEVER, 'unsubscribe'],
    ])('is told the exit of the last user: one that %s (law 7)', (_, body, exit) => {
      const journal = new Journal();
      const shared = share(journal.resource('x'));
      const first = using(shared, () => NEVER).subscribe();
      const last = using(shared, body).subscribe({ error: () => undefined });
      first.unsubscribe();
      const again = using(shared, body).subscribe({ error: () => undefined });
      last.unsubscribe();
      again.unsubscribe();
      expect(journal.lines.filter((line) => line.startsWith('-')).at(-1)).toBe(`-x ${exit}`);
    });

    it('that fails is the failure of the last user alone (law 9)', async () => {
      const errors: string[] = [];
      const journal = new Journal();
      const shared = share(journal.resource('x', { release: () => Promise.reject(boom) }));
      const bodies = [new Subject<number>(), new Subject<number>()] as const;
      shared.pipe(use(() => bodies[0])).subscribe(journal.observer('a '));
      shared.pipe(use(() => bodies[1])).subscribe(journal.observer('b '));
      bodies[0].complete();
      bodies[1].error(new Error('body'));
      await nextMacrotask();
      expect(errors).toEqual([]);
      expect(journal.lines).toEqual(['+x', 'a complete', '-x error body', '-x ok', 'b error S(boom, body)']);
    });

    it('may suppress the error of the last user, whose release it is (law 8)', () => {
      const shared = share(new Journal().resource('x').pipe(suppress(Error)));
      expect(notificationsOf(using(shared, () => throwError(() => boom)))).toEqual(['complete']);
      const other = shared.subscribe();
      expect(notificationsOf(using(shared, () => throwError(() => boom)))).toEqual(['error boom']);
      other.unsubscribe();
    });

    it('in the background is waited for by what is around the last user, and by settled() (law 12)', async () => {
      const gates = [new Gate(), new Gate()] as const;
      let releases = 0;
      const journal = new Journal();
      const shared = share(journal.resource('x', { release: () => gates[releases++]?.promise }));
      const outer = using(journal.resource('outer'), () => shared).subscribe();
      outer.unsubscribe();
      expect(journal.take()).toEqual(['+outer', '+x', '-x unsubscribe']);
      gates[0].open();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-x ok', '-outer unsubscribe']);

      shared.pipe(take(1), awaitRelease()).subscribe(journal.observer());
      expect(journal.take()).toEqual(['+x', 'next x', '-x unsubscribe']);
      gates[1].open();
      await settled();
      await nextMacrotask();
      expect(journal.take()).toEqual(['-x ok', 'complete']);
    });

    it('a cancelled acquire is waited for by what is around the one who left last (law 13)', () => {
      const { lines } = inVirtualTime((journal, { flush }) => {
        const shared = share(journal.resource('x', slow));
        const outer = using(journal.resource('outer'), () => shared).subscribe();
        timer(1).subscribe(() => {
          outer.unsubscribe();
        });
        flush();
      });
      expect(lines).toEqual(['0 +outer', '0 +x', '3 +x ok', '3 -x unsubscribe', '6 -x ok', '6 -outer unsubscribe']);
    });

    it('of a cancelled acquire that fails is told to what waits for the last who left, else it is reported (law 12)', async () => {
      const part: Part = { acquire: () => Promise.resolve('x'), release: () => raise(boom) };
      share(new Journal().resource('x', part)).subscribe().unsubscribe();
      await settled();
      expect(await reported()).toEqual(['boom']);

      const journal = new Journal();
      const turns = new Subject<Observable<string>>();
      const shared = share(new Journal().resource('x', part));
      turns.pipe(switchAll(), awaitRelease()).subscribe(journal.observer());
      turns.next(shared);
      turns.next(EMPTY);
      turns.complete();
      await settled();
      await nextMacrotask();
      expect(journal.lines).toEqual(['error boom']);
    });

    it('runs once, whatever its users do in one tick (law 1)', () => {
      const journal = new Journal();
      const shared = share(journal.resource('x'));
      const body = new Subject<number>();
      const users = Array.from({ length: 10 }, (_, i) => {
        const scope: Observable<unknown> = i % 2 === 0 ? shared : shared.pipe(use(() => body));
        return scope.subscribe({ error: () => undefined });
      });
      for (const user of users.slice(0, 4)) user.unsubscribe();
      body.error(boom);
      for (const user of users) user.unsubscribe();
      expect(journal.lines).toEqual(['+x', '-x unsubscribe']);
    });
  });

  describe('one who comes while it is released', () => {
    it('waits for that, then enters anew: one live instance at a time (K4)', () => {
      expect(play(() => slow, { a: [0, 4], b: [5, 12], c: [6, 13] })).toEqual([
        '0 +x',
        '3 +x ok',
        '3 a next x',
        '4 a leaves',
        '4 -x unsubscribe',
        '7 -x ok',
        '7 +x',
        '10 +x ok',
        '10 b next x',
        '10 c next x',
        '12 b leaves',
        '13 c leaves',
        '13 -x unsubscribe',
        '16 -x ok',
      ]);
    });

    it('and leaves before it is over, enters nothing', () => {
      expect(play(() => slow, { a: [0, 4], b: [5, 6] }).slice(3)).toEqual(['4 a leaves', '4 -x unsubscribe', '6 b leaves', '7 -x ok']); // prettier-ignore
    });

    it('with `overlap` enters at once', () => {
      expect(play(() => slow, { a: [0, 4], b: [5, 12] }, { overlap: true })).toEqual([
        '0 +x',
        '3 +x ok',
        '3 a next x',
        '4 a leaves',
        '4 -x unsubscribe',
        '5 +x',
        '7 -x ok',
        '8 +x ok',
        '8 b next x',
        '12 b leaves',
        '12 -x unsubscribe',
        '15 -x ok',
      ]);
    });

    it('inside that very release waits as well', () => {
      const journal = new Journal();
      let inside = false;
      const shared: Resource<string> = share(
        journal.resource('x', {
          release: () => {
            if (!inside) shared.pipe(take(1)).subscribe(journal.observer('again '));
            inside = true;
          },
        }),
      );
      shared.subscribe().unsubscribe();
      expect(journal.lines).toEqual(['+x', '-x unsubscribe', '+x', 'again next x', 'again complete', '-x unsubscribe']);
    });

    it('when it has failed, enters all the same', async () => {
      let fails = true;
      const journal = new Journal();
      const gate = new Gate();
      const shared = share(journal.resource('x', { release: () => (fails ? gate.promise : undefined) }));
      shared.subscribe().unsubscribe();
      shared.pipe(take(1)).subscribe(journal.observer());
      fails = false;
      gate.fail(boom);
      await nextMacrotask();
      expect(journal.lines).toEqual(['+x', '-x unsubscribe', '-x ok', '+x', 'next x', 'complete', '-x unsubscribe']);
      expect(await reported()).toEqual(['boom']);
    });
  });

  describe('an idle timeout', () => {
    it('keeps it so long after the last user (K3)', () => {
      expect(play(() => slow, { a: [0, 5] }, { idleTimeout: 10 }).slice(3)).toEqual(['5 a leaves', '15 -x complete', '18 -x ok']); // prettier-ignore
    });

    it('is stopped by one who comes meanwhile, and starts anew after that one (K3)', () => {
      expect(play(() => slow, { a: [0, 5], b: [14, 16], c: [20, 21] }, { idleTimeout: 10 }).slice(3)).toEqual([
        '5 a leaves',
        '14 b next x',
        '16 b leaves',
        '20 c next x',
        '21 c leaves',
        '31 -x complete',
        '34 -x ok',
      ]);
    });

    it('of 0 means at once, without a timer (K7)', () => {
      const journal = new Journal();
      const shared = share(journal.resource('x'), { idleTimeout: 0 });
      shared.subscribe().unsubscribe();
      expect(journal.lines).toEqual(['+x', '-x unsubscribe']);
    });

    it('does not hold up who leaves: the completion comes at once', () => {
      const { lines } = inVirtualTime((journal, { cold, flush }) => {
        const shared = share(journal.resource('x', slow), { idleTimeout: 10 });
        shared.pipe(use(() => cold('-1|'))).subscribe(journal.observer());
        flush();
      });
      expect(lines).toEqual(['0 +x', '3 +x ok', '4 next 1', '5 complete', '15 -x complete', '18 -x ok']);
    });

    it('keeps what came too late for none: a cancelled acquire is released at once', () => {
      expect(play(() => slow, { a: [0, 1] }, { idleTimeout: 10 })).toEqual(['0 +x', '1 a leaves', '3 +x ok', '3 -x unsubscribe', '6 -x ok']); // prettier-ignore
    });

    it('reports a release that fails after it, which nobody waits for', async () => {
      inVirtualTime((journal, { flush }) => {
        const shared = share(journal.resource('x', { release: () => raise(boom) }), { idleTimeout: 10 });
        shared.subscribe().unsubscribe();
        flush();
      });
      expect(await reported()).toEqual(['boom']);
    });

    it('is shown by openResources() while it is kept, and counted by settled() only when it is released', async () => {
      const gate = new Gate();
      const shared = share(new Journal().resource('x', { release: () => gate.promise }), { idleTimeout: 1 });
      shared.subscribe().unsubscribe();
      const states = openResources()
        .filter(({ name }) => name === 'x')
        .map(({ state }) => state);
      expect(states).toEqual(['held']);
      await settled(); // resolves at once: nothing is being released
      const held = await lease(shared);
      await held.release();
      await new Promise<void>((resolve) => {
        timer(5).subscribe(() => {
          resolve();
        });
      });
      expect(openResources().filter(({ name }) => name === 'x')).toMatchObject([{ state: 'exiting' }]);
      gate.open();
      await settled();
      expect(openResources().filter(({ name }) => name === 'x')).toEqual([]);
    });
  });

  describe('a handle that is lost (law 29)', () => {
    let lost: Subject<string>;
    beforeEach(() => {
      lost = new Subject();
    });

    it('ends all who use it with the same error, is released with it, and the last of them waits for that', () => {
      const errors: unknown[] = [];
      const { lines } = inVirtualTime((journal, { flush }) => {
        const shared = share(journal.resource('x', { lost: () => lost, release: () => timer(3) }), { idleTimeout: 99 });
        for (const name of ['a', 'b']) {
          shared.subscribe({
            error: (error: unknown) => {
              errors.push(error);
              journal.note(name);
            },
          });
        }
        timer(5).subscribe(() => {
          lost.next('gone');
        });
        flush();
      });
      expect(lines).toEqual(['0 +x', '5 a', '5 -x error ResourceLostError', '8 -x ok', '8 b']);
      expect(errors).toMatchObject([{ name: 'ResourceLostError', cause: 'gone', resource: 'x' }, {}]);
      expect(errors[1]).toBe(errors[0]);
    });

    it('is nothing to those who come after: they wait for its release and get a new one', () => {
      const losses = [new Subject(), NEVER];
      const { lines } = inVirtualTime((journal, { flush }) => {
        let count = 0;
        const source = journal.resource('x', {
          lost: () => losses[count++] as Observable<unknown>,
          release: () => timer(3),
        });
        const shared = share(source);
        shared.pipe(retry(), take(2)).subscribe(journal.observer('a '));
        shared.pipe(retry(), take(2)).subscribe(journal.observer('b '));
        timer(5).subscribe(() => {
          (losses[0] as Subject<string>).next('gone');
        });
        flush();
      });
      expect(lines).toEqual([
        '0 +x',
        '0 a next x',
        '0 b next x',
        '5 -x error ResourceLostError',
        '8 -x ok',
        '8 +x',
        '8 a next x',
        '8 a complete',
        '8 b next x',
        '8 b complete',
        '8 -x unsubscribe',
        '11 -x ok',
      ]);
    });

    it('while it is idle is released at once, and nobody is told', async () => {
      const journal = new Journal();
      const shared = share(journal.resource('x', { lost: () => lost }), { idleTimeout: Infinity });
      shared.subscribe().unsubscribe();
      lost.next('gone');
      expect(journal.take()).toEqual(['+x', '-x error ResourceLostError']);
      shared.subscribe().unsubscribe();
      expect(journal.take()).toEqual(['+x']);
      lost.next('again');
      expect(await reported()).toEqual([]);
    });

    it('at once fails all who wait; no body runs', () => {
      const journal = new Journal();
      const shared = share(journal.resource('x', { lost: () => of('gone') }));
      using(shared, () => (journal.note('body'), NEVER)).subscribe(journal.observer());
      expect(journal.lines).toEqual(['+x', '-x error ResourceLostError', 'error ResourceLostError']);
    });

    it('by its first user, while it is handed over, ends the others before they get it', async () => {
      const gate = new Gate<string>();
      const journal = new Journal();
      const shared = share(journal.resource('x', { acquire: () => gate.promise, lost: () => lost }));
      using(shared, () => (lost.next('gone'), NEVER)).subscribe(journal.observer('a '));
      using(shared, () => (journal.note('body'), NEVER)).subscribe(journal.observer('b '));
      gate.open('x');
      await nextMacrotask();
      expect(journal.lines.slice(2)).toEqual(['b error ResourceLostError', '-x error ResourceLostError', 'a error ResourceLostError']); // prettier-ignore
    });

    it('when its first user has gone, before the others get it, ends those and is released', async () => {
      const gate = new Gate<string>();
      const journal = new Journal();
      const shared = share(journal.resource('x', { acquire: () => gate.promise, lost: () => lost }));
      using(shared, () => EMPTY).subscribe({
        complete: () => {
          lost.next('gone');
        },
      });
      using(shared, () => (journal.note('body'), NEVER)).subscribe(journal.observer('b '));
      gate.open('x');
      await nextMacrotask();
      expect(journal.lines.slice(2)).toEqual(['b error ResourceLostError', '-x error ResourceLostError']);
    });

    it('after the last body has ended is no error of that user, but the release is told', () => {
      const { lines } = inVirtualTime((journal, { cold, flush }) => {
        const shared = share(journal.resource('x', { lost: () => timer(3) }));
        const inner = journal.resource('inner', { release: () => timer(5) });
        combine([shared, inner]).pipe(use(() => cold('-1|'))).subscribe(journal.observer()); // prettier-ignore
        flush();
      });
      expect(lines).toEqual(['0 +x', '0 +inner', '1 next 1', '2 -inner complete', '7 -inner ok', '7 -x error ResourceLostError', '7 complete']); // prettier-ignore
    });
  });

  it('ten thousand come and go, at once and one after the other, without running out of stack (law 6)', async () => {
    const gate = new Gate<string>();
    const journal = new Journal();
    const shared = share(journal.resource('x', { acquire: () => (journal.lines.length === 1 ? gate.promise : 'x') }));
    const bodies = { count: 0 };
    for (let i = 0; i < 10_000; i++) shared.pipe(take(1)).subscribe(() => bodies.count++);
    gate.open('x');
    await nextMacrotask();
    expect(bodies.count).toBe(10_000);
    of(...Array.from({ length: 10_000 }).keys())
      .pipe(concatMap(() => defer(() => shared.pipe(take(1)))))
      .subscribe(() => bodies.count++);
    expect(bodies.count).toBe(20_000);
    expect(journal.lines.filter((line) => line === '+x')).toHaveLength(10_001);
    expect(journal.lines.filter((line) => line.startsWith('-x'))).toHaveLength(10_001);
  });
});
