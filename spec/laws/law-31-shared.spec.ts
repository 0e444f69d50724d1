import { concat, EMPTY, NEVER, Observable, Subject, take, throwError, timer } from 'rxjs';
import { ClosedError, lastValue, openResources, resource, settled, use, using, type Resource } from '../../lib/index.js'; // prettier-ignore
import { keyed, type Keyed } from '../../lib/sharing/index.js';
import { openMap } from '../sharing/support/open-map.js';
import { raise } from '../support/failing.js';
import { describeError, Gate, inVirtualTime, Journal, reported } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { rejection } from '../support/rejection.js';

describe('law 31: the owner of shared resources closes while they are used', () => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  describe('close()', () => {
    it('refuses those who come from then on, before anything is acquired', async () => {
      const { map, done } = openMap(journal);
      const a = map.get('a');
      await map.close();
      const errors: unknown[] = [];
      for (const late of [a, map.get('b'), map.refresh('c')])
        late.subscribe({ error: (error: unknown) => errors.push(error) });
      expect(errors).toHaveLength(3);
      for (const error of errors) expect(error).toBeInstanceOf(ClosedError);
      expect(errors[1]).toMatchObject({ resource: 'keyed(b)', code: 'RXSCOPE_CLOSED' });
      expect(journal.lines).toEqual([]);
      await done();
    });

    it('fails those who wait, and cancels what they wait for', async () => {
      const gate = new Gate<string>();
      let signal!: AbortSignal;
      const { map, done } = openMap(journal, { acquire: (context) => ((signal = context.signal), gate.promise) });
      map.get('a').subscribe(journal.observer('1 '));
      map.get('a').subscribe(journal.observer('2 '));
      const closed = map.close();
      expect(journal.take()).toEqual(['+a', '1 error ClosedError', '2 error ClosedError']);
      expect(signal.aborted).toBe(true);
      gate.open('late');
      expect(await closed).toEqual({ released: 1, ended: 2 });
      expect(journal.lines).toEqual(['+a ok', '-a unsubscribe']);
      await done();
    });

    it('releases what is idle, all at once, the newest first', async () => {
      const gate = new Gate();
      const { map, done } = openMap(journal, { release: () => gate.promise }, { idleTimeout: Infinity });
      for (const key of ['a', 'b', 'c']) map.get(key).subscribe().unsubscribe();
      journal.take();
      const closed = map.close();
      expect(journal.take()).toEqual(['-c complete', '-b complete', '-a complete']);
      gate.open();
      expect(await closed).toEqual({ released: 3, ended: 0 });
      await done();
    });

    it('waits for what is used, and lets it go with its last user although there is an idle timeout', () => {
      const told: string[] = [];
      const { lines } = inVirtualTime((virtual, { cold, flush }) => {
        const { map, leave } = openMap(virtual, { release: () => timer(3) }, { idleTimeout: 100 });
        map.get('a').pipe(use(() => cold('-----1|'))).subscribe(virtual.observer('1 ')); // prettier-ignore
        map.get('a').pipe(use(() => cold('----------2|'))).subscribe(virtual.observer('2 ')); // prettier-ignore
        timer(2).subscribe(() => {
          void map.close().then(() => told.push('closed'));
          virtual.note('close');
          leave();
        });
        flush();
      });
      expect(lines).toEqual(['0 +a', '2 close', '5 1 next 1', '6 1 complete', '10 2 next 2', '11 -a complete', '14 -a ok', '14 2 complete']); // prettier-ignore
    });

    it('answers when all has gone, and what it has done', async () => {
      const { map, done } = openMap(journal, {}, { idleTimeout: Infinity });
      map.get('idle').subscribe().unsubscribe();
      const user = map.get('used').subscribe();
      let isClosed = false;
      const closed = map.close().finally(() => (isClosed = true));
      await nextMacrotask();
      expect(isClosed).toBe(false);
      user.unsubscribe();
      const report = await closed;
      expect(report).toEqual({ released: 2, ended: 0 });
      expect(Object.isFrozen(report)).toBe(true);
      expect(await map.close()).toEqual(report);
      expect(map.keys).toEqual([]);
      await done();
    });

    it('rejects with what the releases of idle ones have failed with, joined in the order they were started', async () => {
      const gates: Record<string, Gate> = { a: new Gate(), b: new Gate(), c: new Gate() };
      const { map, done } = openMap(journal, (key) => ({ release: () => gates[key]?.promise }), {
        idleTimeout: Infinity,
      });
      for (const key of ['a', 'b', 'c']) map.get(key).subscribe().unsubscribe();
      const closed = rejection(map.close());
      gates['a']?.fail(new Error('of a'));
      await nextMacrotask();
      gates['b']?.open();
      gates['c']?.fail(new Error('of c'));
      expect(describeError(await closed)).toBe('S(of a, of c)');
      expect(await reported()).toEqual([]);
      await done();
    });

    it('rejects with one failure as it is', async () => {
      const { map, done } = openMap(journal, { release: () => raise(boom) }, { idleTimeout: Infinity });
      map.get('a').subscribe().unsubscribe();
      expect(await rejection(map.close())).toBe(boom);
      await done();
    });

    it('does not repeat a failure that is its last user’s', async () => {
      const { map, done } = openMap(journal, { release: () => raise(boom) });
      const body = new Subject<number>();
      map.get('a').pipe(use(() => body)).subscribe(journal.observer()); // prettier-ignore
      const closed = map.close();
      body.complete();
      expect(await closed).toEqual({ released: 1, ended: 0 });
      expect(journal.lines).toEqual(['+a', '-a complete', 'error boom']);
      await done();
    });

    it('is told the failure of a release that was running already', async () => {
      const gate = new Gate();
      const { map, done } = openMap(journal, { release: () => gate.promise }, { idleTimeout: Infinity });
      map.get('a').subscribe().unsubscribe();
      map.invalidate('a');
      const closed = rejection(map.close());
      gate.fail(boom);
      expect(await closed).toBe(boom);
      await done();
    });

    it('called again waits for the same end, without its error', async () => {
      const gate = new Gate();
      const { map, done } = openMap(journal, { release: () => gate.promise }, { idleTimeout: Infinity });
      map.get('a').subscribe().unsubscribe();
      const closed = [rejection(map.close()), map.close()] as const;
      gate.fail(boom);
      expect(await closed[0]).toBe(boom);
      expect(await closed[1]).toEqual({ released: 1, ended: 0 });
      await done();
    });

    it('from the body of its first user refuses the others while they are handed it', async () => {
      const gate = new Gate<string>();
      const { map, done } = openMap(journal, { acquire: () => gate.promise });
      let closed!: Promise<unknown>;
      map.get('a').pipe(use(() => ((closed = map.close()), EMPTY))).subscribe(journal.observer('1 ')); // prettier-ignore
      map.get('a').subscribe(journal.observer('2 '));
      gate.open('a');
      await nextMacrotask();
      expect(await closed).toEqual({ released: 1, ended: 1 });
      expect(journal.lines).toEqual(['+a', '+a ok', '2 error ClosedError', '-a complete', '1 complete']);
      await done();
    });
  });

  describe('close({ force: true })', () => {
    it('ends all users with a ClosedError, then releases', async () => {
      const { map, done } = openMap(journal, {}, { idleTimeout: Infinity });
      const body = new Observable<never>(() => () => journal.note('torn down'));
      map.get('a').pipe(use(() => body)).subscribe(journal.observer('1 ')); // prettier-ignore
      map.get('a').subscribe(journal.observer('2 '));
      map.get('b').subscribe(journal.observer('3 '));
      map.get('c').subscribe().unsubscribe();
      journal.take();
      expect(await map.close({ force: true })).toEqual({ released: 3, ended: 3 });
      expect(journal.lines).toEqual([
        '-c complete',
        '-b error ClosedError',
        '3 error ClosedError',
        'torn down',
        '1 error ClosedError',
        '-a error ClosedError',
        '2 error ClosedError',
      ]);
      await done();
    });

    it('ends them with the same error for one key, and that is what the release is told', async () => {
      const { map, done } = openMap(journal);
      const errors: unknown[] = [];
      for (let i = 0; i < 2; i++) map.get('a').subscribe({ error: (error: unknown) => errors.push(error) });
      await map.close({ force: true });
      expect(errors[0]).toBeInstanceOf(ClosedError);
      expect(errors[1]).toBe(errors[0]);
      expect((errors[0] as ClosedError).resource).toBe('a');
      await done();
    });

    it('after close() ends those who are still there, and counts each once', async () => {
      const gate = new Gate();
      const { map, done } = openMap(journal, { release: () => gate.promise });
      map.get('a').subscribe(journal.observer());
      const first = map.close();
      const second = map.close({ force: true });
      const third = map.close({ force: true });
      gate.open();
      expect(await Promise.all([first, second, third])).toEqual(Array(3).fill({ released: 1, ended: 1 }));
      expect(journal.lines).toEqual(['+a', 'next a', '-a error ClosedError', '-a ok', 'error ClosedError']);
      await done();
    });

    it('from the body of a user ends that one as well', async () => {
      const { map, done } = openMap(journal);
      let closed!: Promise<unknown>;
      map.get('a').pipe(use(() => ((closed = map.close({ force: true })), NEVER))).subscribe(journal.observer()); // prettier-ignore
      expect(await closed).toEqual({ released: 1, ended: 1 });
      expect(journal.lines).toEqual(['+a', '-a error ClosedError', 'error ClosedError']);
      await done();
    });

    it('waits for the releases inside the bodies that it ends', () => {
      const { lines } = inVirtualTime((virtual, { flush }) => {
        const { map, leave } = openMap(virtual, { release: () => timer(2) });
        const inner = virtual.resource('inner', { release: () => timer(3) });
        map.get('a').pipe(use(() => inner)).subscribe(virtual.observer()); // prettier-ignore
        timer(1).subscribe(() => {
          map.close({ force: true }).catch(virtual.note.bind(virtual));
          leave();
        });
        flush();
      });
      expect(lines).toEqual(['0 +a', '0 +inner', '0 next inner', '1 -inner unsubscribe', '4 -inner ok', '4 -a error ClosedError', '6 -a ok', '6 error ClosedError']); // prettier-ignore
    });
  });

  describe('the end of its scope', () => {
    it('closes it: releases what is idle before the scope is over, in virtual time', () => {
      inVirtualTime((virtual, { cold, expectObservable }) => {
        const files = keyed((key: string) => virtual.resource(key, { release: () => cold('---|') }), {
          idleTimeout: 99,
        });
        const work = using(files, (map) => concat(map.get('a').pipe(take(1)), cold('--c|')));
        expectObservable(work).toBe('a-c---|');
      });
    });

    it('is synchronous where everything in it is (law 17)', () => {
      const files = keyed((key: string) => journal.resource(key), { idleTimeout: Infinity });
      using(files, (map) => concat(map.get('a').pipe(take(1)), map.get('b').pipe(take(1)))).subscribe(
        journal.observer(),
      );
      expect(journal.lines).toEqual(['+a', 'next a', '+b', 'next b', '-b complete', '-a complete', 'complete']);
    });

    it.each<[string, () => Observable<unknown>, string]>([
      ['completes', () => EMPTY, 'S(of a, of b)'],
      ['fails', () => throwError(() => boom), 'S(S(of a, of b), boom)'],
    ])('joins what the releases of idle ones fail with, when the body %s', async (_, end, error) => {
      const files = keyed(
        (key: string) => journal.resource(key, { release: () => Promise.reject(new Error(`of ${key}`)) }),
        { idleTimeout: Infinity },
      );
      const work = using(files, (map) => concat(map.get('a').pipe(take(1)), map.get('b').pipe(take(1)), end()));
      expect(describeError(await rejection(lastValue(work)))).toBe(error);
    });

    it('when it is left runs in the background, and a failure is reported', async () => {
      const { map, leave } = openMap(journal, { release: () => raise(boom) }, { idleTimeout: Infinity });
      map.get('a').subscribe().unsubscribe();
      leave();
      await settled();
      expect(await reported()).toEqual(['boom']);
    });

    it('waits for users that are not part of its body', async () => {
      const { map, leave } = openMap(journal);
      const user = map.get('a').subscribe();
      leave();
      await nextMacrotask();
      expect(openResources().map(({ name, state }) => `${name} ${state}`)).toEqual(['keyed exiting', 'keyed(a) held', 'a held']); // prettier-ignore
      user.unsubscribe();
      await settled();
      expect(openResources()).toEqual([]);
    });

    it('after close() waits for that, and does not repeat its error', async () => {
      const gate = new Gate();
      const { map, done } = openMap(journal, { release: () => gate.promise }, { idleTimeout: Infinity });
      map.get('a').subscribe().unsubscribe();
      const closed = rejection(map.close());
      const over = done();
      gate.fail(boom);
      expect(await closed).toBe(boom);
      await over;
    });
  });

  it('each scope of it has a map of its own (law 5)', async () => {
    const files: Resource<Keyed<string, number>> = keyed(() => resource({ acquire: () => 1 }));
    const maps: unknown[] = [];
    const scopes = [files.subscribe((map) => maps.push(map)), files.subscribe((map) => maps.push(map))];
    expect(maps[0]).not.toBe(maps[1]);
    for (const scope of scopes) scope.unsubscribe();
    await settled();
  });
});
