import { AsyncLocalStorage } from 'node:async_hooks';
import { mergeMap, NEVER, Subject } from 'rxjs';
import { andThen, combine, keepContext, lease, orElse, retryAcquire, scoped, settled, shareResource, use, type Resource } from '../../lib/index.js'; // prettier-ignore
import { nodeKey } from '../../lib/core/scope-observable.js';
import type { Deferral } from '../../lib/core/engine/reply.js';
import type { Leaf } from '../../lib/core/engine/scope.js';
import { User } from '../../lib/sharing/user.js';
import { Gate, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';
import { rejection } from '../support/rejection.js';

describe('User', () => {
  const boom = new Error('boom');

  describe('waiting', () => {
    const made = (): { readonly user: User; readonly told: unknown[] } => {
      const user = new User({} as never, () => undefined);
      const told: unknown[] = [];
      user.answer({
        value: (value) => told.push(value),
        error: (error) => told.push(error),
      });
      return { user, told };
    };

    it('is served once', () => {
      const { user, told } = made();
      user.serve();
      user.serve();
      user.refuse(boom);
      user.settle();
      expect(told).toEqual([user]);
    });

    it('once served does not leave its place: what it uses is released with its scope', () => {
      const { user } = made();
      let abandoned = 0;
      user.instance = { handle: 1, users: new Set(), abandon: () => abandoned++, leave: () => undefined };
      user.serve();
      user.unsubscribe();
      expect([user.state, abandoned]).toEqual(['using', 0]);
    });

    it('is refused once, and is not served then', () => {
      const { user, told } = made();
      user.refuse(boom);
      user.serve();
      expect(user.end(boom)).toBe(false);
      expect(told).toEqual([boom]);
    });

    it('is told nothing once it has left', () => {
      const { user, told } = made();
      user.unsubscribe();
      user.serve();
      user.refuse(boom);
      user.settle();
      user.unsubscribe();
      expect(told).toEqual([]);
    });

    it('is ended by a refusal', () => {
      const { user, told } = made();
      expect(user.end(boom)).toBe(true);
      expect(told).toEqual([boom]);
    });
  });

  describe('as a part of something else', () => {
    let journal: Journal;
    let lost: Subject<string>;
    let shared: Resource<string>;

    beforeEach(() => {
      journal = new Journal();
      lost = new Subject();
      shared = journal.resource('x', { lost: () => lost }).pipe(shareResource());
    });

    const wholes: readonly [string, (part: Resource<string>) => Resource<unknown>][] = [
      ['combine', (part) => combine([journal.resource('b'), part, journal.resource('c')])],
      ['a concurrent combine', (part) => combine([journal.resource('b'), part, journal.resource('c')], { concurrent: true })], // prettier-ignore
      ['andThen', (part) => journal.resource('b').pipe(andThen(() => part), andThen(() => journal.resource('c')))], // prettier-ignore
      ['scoped', (part) => scoped(async (stack) => { await stack.enter(journal.resource('b')); await stack.enter(part); await stack.enter(journal.resource('c')); })], // prettier-ignore
      ['operators', (part) => combine([journal.resource('b'), part.pipe(retryAcquire({ count: 1 }), orElse(() => part)), journal.resource('c')])], // prettier-ignore
      ['another one that is shared', (part) => combine([journal.resource('b'), part.pipe(shareResource()), journal.resource('c')])], // prettier-ignore
    ];

    it.each(wholes)('what is lost ends the whole, in reverse order: %s', async (_, make) => {
      const other = shared.pipe(use(() => NEVER)).subscribe(journal.observer('other ')); // prettier-ignore
      make(shared).subscribe(journal.observer());
      await nextMacrotask();
      journal.take();
      lost.next('gone');
      await settled();
      await nextMacrotask();
      expect(journal.lines.filter((line) => !line.startsWith('-x'))).toEqual([
        'other error ResourceLostError',
        '-c error ResourceLostError',
        '-b error ResourceLostError',
        'error ResourceLostError',
      ]);
      expect(journal.lines.filter((line) => line.startsWith('-x'))).toEqual(['-x error ResourceLostError']);
      other.unsubscribe();
    });

    it('a lease is released at once, and release() rejects with the loss', async () => {
      const held = await lease(shared);
      lost.next('gone');
      expect(journal.take()).toEqual(['+x', '-x error ResourceLostError']);
      expect(await rejection(held.release())).toMatchObject({ name: 'ResourceLostError', cause: 'gone' });
    });

    it('a lease that is given up while waiting lets go of the acquire', async () => {
      const gate = new Gate<string>();
      const slow = journal.resource('y', { acquire: () => gate.promise }).pipe(shareResource());
      const controller = new AbortController();
      const given = rejection(lease(slow, { signal: controller.signal }));
      controller.abort(boom);
      gate.open('y');
      expect(await given).toBe(boom);
      expect(journal.lines).toEqual(['+y', '+y ok', '-y unsubscribe']);
    });
  });

  it('runs its body in the context it came in, although another one has caused the acquire', async () => {
    const storage = new AsyncLocalStorage<string>();
    const stop = keepContext(() => AsyncLocalStorage.snapshot());
    const journal = new Journal();
    const gate = new Gate<string>();
    const shared = journal.resource('x', { acquire: () => gate.promise }).pipe(shareResource());
    const users = ['a', 'b'].map((name) =>
      storage.run(name, () => shared.subscribe(() => journal.note(`${name} in ${String(storage.getStore())}`))),
    );
    stop();
    gate.open('x');
    await nextMacrotask();
    expect(journal.take()).toEqual(['+x', '+x ok', 'a in a', 'b in b']);
    for (const user of users) user.unsubscribe();
  });

  it('left inside the very acquire that it has caused lets go of it', async () => {
    const journal = new Journal();
    const gate = new Gate<string>();
    let leave: () => void = () => undefined;
    const shared = journal
      .resource('x', {
        acquire: () => {
          leave();
          return gate.promise;
        },
      })
      .pipe(shareResource());
    const outer = new Subject<number>();
    const user = outer.pipe(mergeMap(() => shared)).subscribe(journal.observer());
    leave = () => {
      user.unsubscribe();
    };
    outer.next(1);
    gate.open('x');
    await settled();
    expect(journal.lines).toEqual(['+x', '+x ok', '-x unsubscribe']);
  });

  it('is one observable with one answer to another copy of the package, which does not know its class', () => {
    const journal = new Journal();
    const shared = journal.resource('x').pipe(shareResource());
    const leaf = shared[nodeKey] as Leaf;
    const told: unknown[] = [];
    const answer = leaf.acquire({} as never) as User;
    expect(answer).toBeInstanceOf(User);
    answer.subscribe({
      next: (token) => told.push(token),
      error: () => told.push('error'),
      complete: () => told.push('complete'),
    });
    expect(told).toEqual([answer, 'complete']);
    const release = leaf.release(answer, { kind: 'complete' }) as Deferral;
    release.answer({ value: (exit) => told.push(exit), error: () => told.push('error') });
    expect(told.at(-1)).toEqual({ kind: 'complete' });
    expect(journal.lines).toEqual(['+x', '-x complete']);
  });
});
