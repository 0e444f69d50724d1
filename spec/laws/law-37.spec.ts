import { NEVER, throwError, timer } from 'rxjs';
import { taskGroup, use, using } from '../../lib/index.js';
import { inVirtualTime, type Journal } from '../support/journal.js';

/** An `AggregateError` as the list of its errors. */
function errorsOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join(', ') : `${String(error)} alone`; // prettier-ignore
}

function observer(journal: Journal): ReturnType<Journal['observer']> {
  return { ...journal.observer(), error: (error) => journal.note(`error ${errorsOf(error)}`) };
}

describe('law 37: taskGroup', () => {
  it('cancels the rest with the first failure, awaits all cleanup, then tells the failure itself where it is alone', () => {
    const { lines } = inVirtualTime((journal, { flush, cold }) => {
      const slow = (name: string, frames: number) => journal.resource(name, { release: () => timer(frames) });
      taskGroup()
        .pipe(
          use((group) => {
            group.start(using(slow('a', 4), () => NEVER));
            group.start(using(slow('b', 2), () => NEVER));
            group.start(cold('---#', undefined, new Error('first')));
            return using(slow('body', 1), () => NEVER);
          }),
        )
        .subscribe(observer(journal));
      flush();
    });
    expect(lines).toEqual([
      ...['0 +a', '0 +b', '0 +body'],
      ...['3 -b unsubscribe', '3 -a unsubscribe', '3 -body unsubscribe', '4 -body ok', '5 -b ok', '7 -a ok'],
      '7 error Error: first alone',
    ]);
  });

  it('tells several failures as one AggregateError, the first one first', () => {
    const { lines } = inVirtualTime((journal, { flush, cold }) => {
      const failing = journal.resource('a', { release: () => throwError(() => new Error('cleanup')) });
      taskGroup()
        .pipe(
          use((group) => {
            group.start(using(failing, () => NEVER));
            group.start(cold('---#', undefined, new Error('first')));
            return NEVER;
          }),
        )
        .subscribe(observer(journal));
      flush();
    });
    expect(lines.at(-1)).toBe('3 error first, cleanup');
  });

  it('waits for all tasks when its body completes', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      taskGroup()
        .pipe(
          use((group) => {
            group.start(using(journal.resource('a', { release: () => timer(2) }), () => timer(5)));
            return ['body'];
          }),
        )
        .subscribe(observer(journal));
      flush();
    });
    expect(lines).toEqual(['0 +a', '0 next body', '5 -a complete', '7 -a ok', '7 complete']);
  });
});
