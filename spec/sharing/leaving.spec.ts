import { EMPTY, Subject, throwError, type Observable } from 'rxjs';
import { combine, resource, use, type Exit } from '../../lib/index.js';
import { shareResource } from '../../lib/sharing/index.js';
import { Leaving } from '../../lib/sharing/leaving.js';
import { failed, COMPLETE, UNSUBSCRIBE } from '../../lib/core/engine/exit.js';
import { suppressedError } from '../../lib/core/engine/suppressed-error.js';
import { describeExit, Journal } from '../support/journal.js';

/** An instance whose release is told `told` and makes `outcome` of it. */
class Fake {
  told: Exit | null = null;

  constructor(private readonly makes: (exit: Exit) => Exit) {}

  close(exit: Exit, done: (outcome: Exit) => void): void {
    this.told = exit;
    done(this.makes(exit));
  }

  leave(exit: Exit, loss: Exit | null): { readonly told: string; readonly outcome: string } {
    const outcomes: Exit[] = [];
    new Leaving(this, exit, loss).answer({
      value: (outcome) => outcomes.push(outcome as Exit),
      error: () => undefined,
    });
    return { told: describeExit(this.told as Exit), outcome: outcomes.map(describeExit).join() };
  }
}

describe('Leaving', () => {
  const body = new Error('body');
  const boom = new Error('boom');
  const lost = new Error('lost');
  const fails = (exit: Exit): Exit => failed(exit.kind === 'error' ? suppressedError(boom, exit.error) : boom);

  describe('without a loss', () => {
    it.each([
      [COMPLETE, 'complete'],
      [UNSUBSCRIBE, 'unsubscribe'],
      [failed(body), 'error body'],
    ])('tells the release the exit of the last user, and that one what came of it: %p', (exit, text) => {
      expect(new Fake((told) => told).leave(exit, null)).toEqual({ told: text, outcome: text });
    });

    it('hands on a failure, and a suppression', () => {
      expect(new Fake(fails).leave(failed(body), null).outcome).toBe('error S(boom, body)');
      expect(new Fake(() => COMPLETE).leave(failed(body), null).outcome).toBe('complete');
    });
  });

  describe('with a loss', () => {
    const loss = failed(lost);

    it('that was the end of the last user is the same as any exit', () => {
      expect(new Fake((told) => told).leave(failed(lost), loss)).toEqual({ told: 'error lost', outcome: 'error lost' });
      expect(new Fake(fails).leave(failed(lost), loss).outcome).toBe('error S(boom, lost)');
      expect(new Fake(() => COMPLETE).leave(failed(lost), loss).outcome).toBe('complete');
    });

    it('tells the release the loss, and leaves the end of the last user as it was', () => {
      expect(new Fake((told) => told).leave(COMPLETE, loss)).toEqual({ told: 'error lost', outcome: 'complete' });
      expect(new Fake((told) => told).leave(failed(body), loss)).toEqual({ told: 'error lost', outcome: 'error body' });
      expect(new Fake(() => COMPLETE).leave(failed(body), loss).outcome).toBe('error body');
    });

    it('joins what the release has failed with, but not the loss, to the end of the last user', () => {
      expect(new Fake(fails).leave(COMPLETE, loss).outcome).toBe('error boom');
      expect(new Fake(fails).leave(UNSUBSCRIBE, loss).outcome).toBe('error boom');
      expect(new Fake(fails).leave(failed(body), loss).outcome).toBe('error S(boom, body)');
    });
  });

  it('is what a scope releases last among its own: in reverse, with the outcome so far (laws 4 and 10)', () => {
    const journal = new Journal();
    const shared = journal.resource('shared').pipe(shareResource());
    const inner = journal.resource('inner', { release: () => throwError(() => boom) });
    combine([shared, inner]).pipe(use((): Observable<never> => EMPTY)).subscribe(journal.observer()); // prettier-ignore
    expect(journal.lines.filter((line) => !line.endsWith('ok'))).toEqual(['+shared', '+inner', '-inner complete', '-shared error boom', 'error boom']); // prettier-ignore
  });

  it('of a generator lets it catch the error of the last user', () => {
    const journal = new Journal();
    const shared = resource(function* () {
      try {
        yield 'handle';
      } catch (error) {
        journal.note(`caught ${String(error)}`);
      }
    }).pipe(shareResource());
    const bodies = [new Subject<never>(), new Subject<never>()] as const;
    for (const [i, one] of bodies.entries()) shared.pipe(use(() => one)).subscribe(journal.observer(`${i} `)); // prettier-ignore
    bodies[0].error(boom);
    expect(journal.take()).toEqual(['0 error boom']);
    bodies[1].error(body);
    expect(journal.take()).toEqual(['caught Error: body', '1 complete']);
  });
});
