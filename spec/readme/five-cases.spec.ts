/** The five differences that README.md claims, each seen on both sides: the defect happens, and does not happen here. */
import {
  catchError,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  lastValueFrom,
  NEVER,
  of,
  retry,
  startWith,
  switchMap,
  take,
  throwError,
  type Observable,
} from 'rxjs';
import { awaitRelease, firstValue, resource, settled, switchResource, use, using } from '../../lib/index.js';
import { Gate } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

/** Rooms that take a while to leave, and remember how many were open at once. */
class House {
  open = 0;
  most = 0;

  enter(): void {
    this.most = Math.max(this.most, ++this.open);
  }

  async leave(): Promise<void> {
    await nextMacrotask();
    this.open--;
  }
}

describe('A release that takes time', () => {
  it('runs beside the next step with RxJS alone', async () => {
    const log: string[] = [];
    const gate = new Gate();
    const close = async (): Promise<void> => {
      await gate.promise;
      log.push('closed');
    };
    let closing: Promise<void> | undefined;
    const rows$ = of('row').pipe(
      finalize(() => {
        closing = close();
      }),
    );
    await lastValueFrom(rows$, { defaultValue: null });
    log.push('next step');
    gate.open();
    await closing;
    expect(log).toEqual(['next step', 'closed']);
  });

  it('is over before the completion with rxscope', async () => {
    const log: string[] = [];
    const release = async (): Promise<void> => {
      await nextMacrotask();
      log.push('closed');
    };
    const file = resource({ acquire: () => 'row', release });
    await lastValueFrom(
      using(file, (row) => [row]),
      { defaultValue: null },
    );
    log.push('next step');
    expect(log).toEqual(['closed', 'next step']);
  });
});

describe('Leaving while it is acquired', () => {
  it('leaves the connection open with RxJS alone', async () => {
    const house = new House();
    const gate = new Gate();
    const connect = async (): Promise<void> => {
      await gate.promise;
      house.enter();
    };
    const leave = (): void => void house.leave();
    defer(connect)
      .pipe(switchMap(() => NEVER.pipe(finalize(leave))))
      .subscribe()
      .unsubscribe();
    gate.open();
    await nextMacrotask();
    await nextMacrotask();
    expect(house.open).toBe(1);
  });

  it('releases what comes late with rxscope, and the body never sees it', async () => {
    const house = new House();
    const gate = new Gate();
    const connect = async (): Promise<void> => {
      await gate.promise;
      house.enter();
    };
    const connection = resource({ acquire: connect, release: () => house.leave() });
    const body = jest.fn(() => NEVER);
    using(connection, body).subscribe().unsubscribe();
    gate.open();
    await settled();
    expect(house).toEqual({ open: 0, most: 1 });
    expect(body).not.toHaveBeenCalled();
  });
});

describe('take', () => {
  const record = (log: string[], rows$: Observable<string>): void => {
    rows$.subscribe({ next: (row) => log.push(row), complete: () => log.push('complete') });
  };

  it('completes before the teardown with RxJS alone', () => {
    const log: string[] = [];
    const rows$ = of('first', 'second').pipe(finalize(() => log.push('closed')));
    record(log, rows$.pipe(take(1)));
    expect(log).toEqual(['first', 'complete', 'closed']);
  });

  it('completes after the release with rxscope', () => {
    const log: string[] = [];
    const file = resource({ acquire: () => ['first', 'second'], release: () => log.push('closed') });
    record(
      log,
      file.pipe(
        use((rows) => rows),
        take(1),
        awaitRelease(),
      ),
    );
    expect(log).toEqual(['first', 'closed', 'complete']);
  });
});

describe('switchMap', () => {
  const isAttic = (name: string): boolean => name === 'attic';

  it('opens the next while the ones before are closing with RxJS alone', async () => {
    const house = new House();
    const room = (name: string): Observable<string> =>
      defer(() => {
        house.enter();
        return NEVER.pipe(startWith(name));
      }).pipe(finalize(() => void house.leave()));
    const rooms$ = of('hall', 'kitchen', 'attic').pipe(switchMap(room), filter(isAttic));
    await lastValueFrom(rooms$.pipe(take(1)), { defaultValue: null });
    expect(house.most).toBe(3);
    await nextMacrotask();
  });

  it('is switchResource with rxscope: one at a time', async () => {
    const house = new House();
    const room = (name: string) =>
      resource({
        acquire: () => {
          house.enter();
          return name;
        },
        release: () => house.leave(),
      });
    await firstValue(of('hall', 'kitchen', 'attic').pipe(switchResource(room), filter(isAttic)));
    expect(house).toEqual({ open: 0, most: 1 });
  });
});

describe('retry', () => {
  const failing = (): Observable<never> => throwError(() => new Error('busy'));

  it('subscribes again before the failed attempt is closed with RxJS alone', async () => {
    const house = new House();
    const query$ = defer(() => {
      house.enter();
      return failing();
    }).pipe(finalize(() => void house.leave()));
    await lastValueFrom(
      query$.pipe(
        retry(2),
        catchError(() => EMPTY),
      ),
      { defaultValue: null },
    );
    expect(house.most).toBe(3);
    await nextMacrotask();
  });

  it('tries again after the release with rxscope', async () => {
    const house = new House();
    const connection = resource({
      acquire: () => {
        house.enter();
      },
      release: () => house.leave(),
    });
    const query$ = using(connection, () => from(failing()));
    await lastValueFrom(
      query$.pipe(
        retry(2),
        catchError(() => EMPTY),
      ),
      { defaultValue: null },
    );
    expect(house).toEqual({ open: 0, most: 1 });
  });
});
