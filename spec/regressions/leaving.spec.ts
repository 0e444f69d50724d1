import {
  concat,
  finalize,
  lastValueFrom,
  merge,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { awaitRelease, consume, resource, switchResource, use, using } from '../../lib/index.js';
import { raise } from '../support/failing.js';
import { inVirtualTime, Journal } from '../support/journal.js';
import { rejection } from '../support/rejection.js';

const boom = new Error('boom');

describe('what waits for releases', () => {
  it('waits for all, also where the first to be left are over before the others are left (law 16)', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const quick = concat(of(1), NEVER).pipe(switchResource(() => journal.resource('quick')));
      const slow = journal.resource('slow', { release: () => timer(5) });
      merge(quick, slow)
        .pipe(timeout({ first: 10, each: 1, with: () => throwError(() => boom) }), awaitRelease())
        .subscribe(journal.observer());
      flush();
    });
    expect(lines.slice(4)).toEqual(['1 -quick unsubscribe', '1 -slow unsubscribe', '6 -slow ok', '6 error boom']);
  });

  it('tells what a teardown has thrown as it was, where it is one (law 9)', async () => {
    const failing = merge(throwError(() => boom), NEVER).pipe(awaitRelease()); // prettier-ignore
    expect(await rejection(lastValueFrom(failing, { defaultValue: null }))).toBe(boom);
    const thrown = new Error('thrown');
    const throwing = new Observable<never>(() => () => raise(thrown));
    await expect(consume(throwing).close()).rejects.toBe(thrown);
    await expect(consume(throwing.pipe(finalize(() => raise(boom)))).close()).rejects.toMatchObject({ errors: [thrown, boom] }); // prettier-ignore
  });
});

describe('a scope that ends inside `project`', () => {
  const losing = (): { lost: Subject<string>; socket: ReturnType<typeof resource<string>> } => {
    const lost = new Subject<string>();
    return { lost, socket: resource({ name: 'socket', acquire: () => 'socket', lost: () => lost }) };
  };

  it('does not begin the observable that it answers', () => {
    const { lost, socket } = losing();
    const journal = new Journal();
    const body = new Observable<never>(() => {
      journal.note('begun');
    });
    using(socket, () => {
      lost.next('gone');
      return body;
    }).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error ResourceLostError']);
  });

  it('listens to the promise that it answers, so that its rejection is not unhandled', async () => {
    const { lost, socket } = losing();
    const journal = new Journal();
    socket
      .pipe(
        use(async () => {
          lost.next('gone');
          throw boom;
        }),
      )
      .subscribe(journal.observer());
    await Promise.resolve();
    expect(journal.lines).toEqual(['error ResourceLostError']);
  });

  it('cancels the stream that it answers', () => {
    const { lost, socket } = losing();
    const journal = new Journal();
    const stream = new ReadableStream<number>({
      cancel: () => {
        journal.note('cancelled');
      },
    });
    using(socket, () => {
      lost.next('gone');
      return stream;
    }).subscribe(journal.observer());
    expect(journal.lines).toContain('cancelled');
  });
});
