import { config, NEVER, Subject, throwError } from 'rxjs';
import { shared } from '../../lib/core/engine/shared.js';
import { fromAsyncIterable, openResources, resource, settled, using, type Resource } from '../../lib/index.js';
import { LifecycleError, startLeakCheck, type LeakCheck } from '../../lib/testing/index.js';

const socket = resource({ name: 'socket', acquire: () => 1 });

const remedy =
  "Leave it before the test ends: hooks that run after this check are too late. A test that has to leave it says allowLeaks('why').";
const where = 'With { stacks: true } the check tells where it was opened.';
const background = (limit: number): string =>
  `Something was still running in the background ${String(limit)} ms after the test: a release, an acquire or the return() of an iterator.`;

/** What the check says, with the ages, which are those of the real clock, made the same. */
async function verdict(check: LeakCheck): Promise<string | null> {
  try {
    await check.finish();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(LifecycleError);
    return (error as LifecycleError).message.replace(/\d+ ms(,|$)/gm, 'N ms$1');
  }
}

/** A resource whose release waits for the subject. */
function slow(release: Subject<void>, name = 'slow'): Resource<number> {
  return resource({ name, acquire: () => 1, release: () => release });
}

describe('startLeakCheck', () => {
  it('lets pass what leaves nothing', async () => {
    const check = startLeakCheck();
    using(socket, () => [1]).subscribe();
    expect(await verdict(check)).toBeNull();
  });

  it('watches no longer than the test', async () => {
    const { watchers } = shared;
    const check = startLeakCheck();
    expect(shared.watchers).not.toEqual(watchers);
    await check.finish();
    expect(shared.watchers).toEqual(watchers);
  });

  it('refuses a limit that is no duration', () => {
    expect(() => startLeakCheck({ settleTimeout: -1 })).toThrow(
      new RangeError('Expected settleTimeout to be a number of milliseconds, 0 or more, received -1.'),
    );
    expect(() => startLeakCheck({ settleTimeout: NaN })).toThrow(RangeError);
  });

  describe('where nothing releases what was held', () => {
    const forgotten = resource({ name: 'forgotten', acquire: () => 1 });
    const release =
      'Give it a release. Where there is nothing to release, say so: by fromValue(), by a release that does nothing, or ' +
      "by { releases: { except: ['its name'] } }.";
    const title = '1 resource was held, and described without a release.';

    it('names it, when asked', async () => {
      const [silent, strict] = [startLeakCheck(), startLeakCheck({ releases: true })];
      using(forgotten, () => [1]).subscribe();
      expect(await verdict(strict)).toBe([title, release, where, '  forgotten'].join('\n'));
      expect(await verdict(silent)).toBeNull();
    });

    it('lets pass what it is told to', async () => {
      const check = startLeakCheck({ releases: { except: ['forgotten'] } });
      using(forgotten, () => [1]).subscribe();
      expect(await verdict(check)).toBeNull();
    });

    it('lets a test off that says why', async () => {
      const check = startLeakCheck({ releases: true });
      check.allowLeaks('lives as long as the process');
      using(forgotten, () => [1]).subscribe();
      expect(await verdict(check)).toBeNull();
    });

    it('names what is open first, and where each was opened', async () => {
      const check = startLeakCheck({ releases: true, stacks: true });
      const subscription = socket.subscribe();
      using(forgotten, () => [1]).subscribe();
      const said = (await verdict(check))?.split('\n').filter((line) => !line.startsWith('    '));
      expect(said).toEqual([
        ...['1 resource is still open.', remedy, '  socket (held), open for N ms, opened'],
        ...[title, release, '  forgotten, opened'],
      ]);
      subscription.unsubscribe();
    });
  });

  describe('where a scope stays open', () => {
    it('names it, and for how long it has been', async () => {
      const check = startLeakCheck();
      const subscription = socket.subscribe();
      expect(await verdict(check)).toBe(
        ['1 resource is still open.', remedy, where, '  socket (held), open for N ms'].join('\n'),
      );
      subscription.unsubscribe();
    });

    it('has no stack of its own, where nothing went wrong', async () => {
      const check = startLeakCheck();
      const subscription = socket.subscribe();
      const failure = await check.finish().catch((error: unknown) => error as LifecycleError);
      expect(failure?.stack).toBe(String(failure));
      subscription.unsubscribe();
    });

    it('tells where it was opened when asked to', async () => {
      const check = startLeakCheck({ stacks: true });
      const subscription = socket.subscribe();
      const lines = (await verdict(check))?.split('\n') ?? [];
      expect(lines.slice(0, 3)).toEqual([
        '1 resource is still open.',
        remedy,
        '  socket (held), open for N ms, opened',
      ]);
      expect(lines[3]).toMatch(/^ {4}at .*leak-check\.spec\.ts:\d+:\d+\)?$/);
      subscription.unsubscribe();
    });

    it('does not hold against a test what was open before it', async () => {
      const subscription = socket.subscribe();
      expect(await verdict(startLeakCheck())).toBeNull();
      subscription.unsubscribe();
    });
  });

  describe('where a release runs in the background', () => {
    it('waits for it', async () => {
      const release = new Subject<void>();
      const check = startLeakCheck();
      slow(release).subscribe().unsubscribe();
      const waiting = verdict(check);
      await Promise.resolve();
      expect(openResources()).toHaveLength(1);
      release.complete();
      expect(await waiting).toBeNull();
    });

    it('does not wait longer than its limit', async () => {
      const release = new Subject<void>();
      const check = startLeakCheck({ settleTimeout: 5 });
      slow(release).subscribe().unsubscribe();
      expect(await verdict(check)).toBe(
        [background(5), '1 resource is still open.', remedy, where, '  slow (exiting), open for N ms'].join('\n'),
      );
      release.complete();
    });

    it('tells of the return() of an iterator, which is on no list', async () => {
      let finish: () => void = () => undefined;
      const returned = new Promise<void>((resolve) => (finish = resolve));
      const check = startLeakCheck({ settleTimeout: 5 });
      const endless = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<number>>(() => undefined),
          return: () => returned.then(() => ({ done: true as const, value: undefined })),
        }),
      };
      fromAsyncIterable(endless).subscribe().unsubscribe();
      expect(await verdict(check)).toBe(background(5));
      finish();
      await settled();
    });

    it('does not hold against a test what an earlier one has left running', async () => {
      const release = new Subject<void>();
      slow(release).subscribe().unsubscribe();
      expect(await verdict(startLeakCheck({ settleTimeout: 5 }))).toBeNull();
      release.complete();
    });

    it('tells beside such a one of those that the test has left itself', async () => {
      const [old, own] = [new Subject<void>(), new Subject<void>()];
      slow(old, 'old').subscribe().unsubscribe();
      const check = startLeakCheck({ settleTimeout: 5 });
      slow(own, 'own').subscribe().unsubscribe();
      expect(await verdict(check)).toBe(
        [background(5), '1 resource is still open.', remedy, where, '  own (exiting), open for N ms'].join('\n'),
      );
      own.complete();
      old.complete();
    });

    it('goes by real time where timers are faked', async () => {
      jest.useFakeTimers();
      const release = new Subject<void>();
      const check = startLeakCheck({ settleTimeout: 5 });
      slow(release).subscribe().unsubscribe();
      expect(await verdict(check)).toContain('slow (exiting)');
      jest.useRealTimers();
      release.complete();
    });
  });

  describe('where nobody handles an error', () => {
    it('tells of it, and has it as the cause', async () => {
      const broken = resource({
        name: 'broken',
        acquire: () => 1,
        release: () => throwError(() => new Error('stuck')),
      });
      const check = startLeakCheck();
      using(broken, () => NEVER)
        .subscribe()
        .unsubscribe();
      const failure = await check.finish().catch((error: unknown) => error as LifecycleError);
      expect(failure).toEqual(expect.objectContaining({ message: 'Errors that nobody handled:\n  Error: stuck' }));
      expect(failure?.cause).toEqual(new Error('stuck'));
    });

    it('tells of one that is undefined, too', async () => {
      const check = startLeakCheck();
      throwError(() => undefined).subscribe();
      expect(await verdict(check)).toBe('Errors that nobody handled:\n  undefined');
    });

    it('lets the test take those it expects', async () => {
      const check = startLeakCheck();
      throwError(() => 'expected').subscribe();
      expect(await check.takeUnhandledErrors()).toEqual(['expected']);
      expect(await check.takeUnhandledErrors()).toEqual([]);
      expect(await verdict(check)).toBeNull();
    });

    it('waits for a release that is about to fail', async () => {
      const broken = resource({ acquire: () => 1, release: () => Promise.reject(new Error('stuck')) });
      const check = startLeakCheck();
      broken.subscribe().unsubscribe();
      expect(await check.takeUnhandledErrors()).toEqual([new Error('stuck')]);
      expect(await verdict(check)).toBeNull();
    });

    it('puts the configuration of RxJS back', async () => {
      const { onUnhandledError } = config;
      const check = startLeakCheck();
      expect(config.onUnhandledError).not.toBe(onUnhandledError);
      await check.finish();
      expect(config.onUnhandledError).toBe(onUnhandledError);
    });
  });

  it('tells everything at once', async () => {
    const release = new Subject<void>();
    const check = startLeakCheck({ settleTimeout: 5 });
    slow(release).subscribe().unsubscribe();
    const subscription = socket.subscribe();
    throwError(() => 'lost').subscribe();
    expect(await verdict(check)).toBe(
      [
        background(5),
        'Errors that nobody handled:',
        "  'lost'",
        '2 resources are still open.',
        remedy,
        where,
        '  slow (exiting), open for N ms',
        '  socket (held), open for N ms',
      ].join('\n'),
    );
    subscription.unsubscribe();
    release.complete();
  });

  describe('allowLeaks', () => {
    it('lets the test leave scopes open and releases running', async () => {
      const release = new Subject<void>();
      const check = startLeakCheck({ settleTimeout: 5 });
      check.allowLeaks('both are closed below');
      const subscription = socket.subscribe();
      slow(release).subscribe().unsubscribe();
      expect(await verdict(check)).toBeNull();
      subscription.unsubscribe();
      release.complete();
    });

    it('does not cover errors', async () => {
      const check = startLeakCheck();
      check.allowLeaks('it is about errors');
      throwError(() => 'lost').subscribe();
      expect(await verdict(check)).toBe("Errors that nobody handled:\n  'lost'");
    });

    it('does not fail a test that leaves nothing after all', async () => {
      const check = startLeakCheck();
      check.allowLeaks('it may leave something');
      expect(await verdict(check)).toBeNull();
    });

    it.each(['', '  ', undefined as never])('refuses the reason %p', async (reason) => {
      const check = startLeakCheck();
      expect(() => check.allowLeaks(reason)).toThrow(
        new TypeError("allowLeaks() wants a reason, as in allowLeaks('the server lives as long as the process')."),
      );
      await check.finish();
    });
  });
});
