import { NEVER, Observable, Subject } from 'rxjs';
import { lease, openResources, resource, settled, using, type Resource } from 'rxscope';

/**
 * A lock as anybody writes it at first: its release calls the next one in a list. Each would let in the next one from inside
 * of its own release, call in call, until the stack runs out.
 */
function naiveLock(): Resource<void> {
  const line: (() => void)[] = [];
  const turn = new Observable<void>((subscriber) => {
    const enter = (): void => {
      subscriber.next();
    };
    if (line.push(enter) === 1) enter();
    return () => {
      const place = line.indexOf(enter);
      if (place > 0) line.splice(place, 1);
    };
  });
  const release = (): void => {
    line.shift();
    line[0]?.();
  };
  return resource({ name: 'lock', acquire: () => turn, release, interruptible: true });
}

describe('an acquire that is answered inside a release', () => {
  it('goes on when that has returned, so that ten thousand who wait for each other use no stack (law 6)', async () => {
    const lock = naiveLock();
    let served = 0;
    const first = lock.subscribe();
    for (let i = 0; i < 10_000; i++) using(lock, () => [served++]).subscribe();
    first.unsubscribe();
    expect(served).toBe(10_000);
    expect(openResources()).toEqual([]);
    await settled();
  });

  it('goes on in the same tick', () => {
    const lock = naiveLock();
    const log: string[] = [];
    const first = lock.subscribe();
    using(lock, () => {
      log.push('let in');
      return [];
    }).subscribe();
    first.unsubscribe();
    log.push('unsubscribed');
    expect(log).toEqual(['let in', 'unsubscribed']);
  });

  it('goes on after the release it was answered in, in the order of the answers', () => {
    const log: string[] = [];
    const [a, b] = [new Subject<void>(), new Subject<void>()];
    const waiting = (name: string, answer: Subject<void>): void => {
      using(resource({ acquire: () => answer }), () => {
        log.push(name);
        return [];
      }).subscribe();
    };
    waiting('a', a);
    waiting('b', b);
    const release = (): void => {
      b.next();
      a.next();
      log.push('released');
    };
    using(resource({ acquire: () => 1, release }), () => []).subscribe();
    expect(log).toEqual(['released', 'b', 'a']);
  });

  it('fails when that has returned, too', () => {
    const log: unknown[] = [];
    const answer = new Subject<void>();
    using(resource({ acquire: () => answer }), () => []).subscribe({ error: (error: unknown) => log.push(error) });
    const release = (): void => {
      answer.error('no');
      log.push('released');
    };
    using(resource({ acquire: () => 1, release }), () => []).subscribe();
    expect(log).toEqual(['released', 'no']);
  });

  it('goes on where the release fails', () => {
    const answer = new Subject<number>();
    const log: unknown[] = [];
    using(resource({ acquire: () => answer }), (value) => [value]).subscribe((value) => log.push(value));
    const release = (): void => {
      answer.next(7);
      throw new Error('of the release');
    };
    using(resource({ acquire: () => 1, release }), () => []).subscribe({
      error: (error: unknown) => log.push((error as Error).message),
    });
    expect(log).toEqual(['of the release', 7]);
  });

  it('goes on where the release answers later', async () => {
    const [answer, done] = [new Subject<number>(), new Subject<void>()];
    const log: unknown[] = [];
    using(resource({ acquire: () => answer }), (value) => [value]).subscribe((value) => log.push(value));
    const release = (): Observable<void> =>
      new Observable((subscriber) => {
        answer.next(7);
        log.push('subscribed');
        return done.subscribe(subscriber);
      });
    const scope = using(resource({ acquire: () => 1, release }), () => NEVER).subscribe();
    scope.unsubscribe();
    expect(log).toEqual(['subscribed', 7]);
    done.complete();
    await settled();
  });

  it('is given back where its consumer leaves before that', async () => {
    const answer = new Subject<number>();
    const log: string[] = [];
    const waiting = using(
      resource({ acquire: () => answer, release: (value, { kind }) => log.push(`${String(value)}: ${kind}`) }),
      () => {
        log.push('body');
        return NEVER;
      },
    ).subscribe();
    const release = (): void => {
      answer.next(7);
      waiting.unsubscribe();
    };
    using(resource({ acquire: () => 1, release }), () => []).subscribe();
    expect(log).toEqual(['7: unsubscribe']);
    await settled();
  });

  it('belongs to nobody who is being left', async () => {
    const lock = naiveLock();
    const log: string[] = [];
    const slow = new Subject<void>();
    const held = await lease(lock);
    // Inside the consumer of who is let in, something is opened and left that takes long to release.
    using(lock, () => ['in']).subscribe(() => {
      resource({ acquire: () => 1, release: () => slow })
        .subscribe()
        .unsubscribe();
    });
    using(
      resource({
        acquire: () => 1,
        release: () => {
          log.push('outer released');
        },
      }),
      () => new Observable(() => () => void held.release()),
    )
      .subscribe()
      .unsubscribe();
    expect(log).toEqual(['outer released']);
    slow.complete();
    await settled();
  });
});
