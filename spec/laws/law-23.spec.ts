import { concat, of, throwError } from 'rxjs';
import { resource, using, type Resource } from '../../lib/index.js';
import { describeError, Journal } from '../support/journal.js';
import { nextMacrotask } from '../support/macrotask.js';

type Handler = (error: unknown) => void;

/** The same generator twice: what is in `catch` and `finally` is given. */
const kinds: readonly [string, (caught: Handler, closed?: () => void) => Resource<number>][] = [
  ['a generator', (caught, closed) => resource(function* () { try { yield 1; } catch (error) { caught(error); } finally { closed?.(); } })], // prettier-ignore
  ['an async generator', (caught, closed) => resource(async function* () { try { yield 1; } catch (error) { await Promise.resolve(); caught(error); } finally { closed?.(); } })], // prettier-ignore
];

describe.each(kinds)('law 23: the error of the body, in %s,', (_, make) => {
  const boom = new Error('boom');
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  const run = async (source: Resource<number>, ...failure: [unknown?]): Promise<unknown[]> => {
    const error = failure.length === 0 ? boom : failure[0];
    const told: unknown[] = [];
    using(journal.resource('outer'), () =>
      using(source, () =>
        concat(
          of('value'),
          throwError(() => error),
        ),
      ),
    ).subscribe({
      error: (failure: unknown) => told.push(failure),
      complete: () => told.push('complete'),
    });
    await nextMacrotask();
    return told;
  };

  it('is thrown in at the yield, identical', async () => {
    const caught: unknown[] = [];
    await run(make((error) => caught.push(error)));
    expect(caught).toEqual([boom]);
    expect(caught[0]).toBe(boom);
  });

  it('is suppressed by catching it and finishing', async () => {
    expect(await run(make(() => undefined))).toEqual(['complete']);
    expect(journal.lines.at(-1)).toBe('-outer complete');
  });

  it('passes on where the same object is rethrown', async () => {
    const rethrow: Handler = (error) => {
      throw error;
    };
    const [told] = await run(make(rethrow));
    expect(told).toBe(boom);
    expect(journal.lines.at(-1)).toBe('-outer error boom');
  });

  it.each([undefined, null, 'text'])('passes on where %p is rethrown', async (error) => {
    const rethrow: Handler = (caught) => {
      throw caught;
    };
    expect(await run(make(rethrow), error)).toStrictEqual([error]);
  });

  it('passes on by law 9 where another one is thrown', async () => {
    const other: Handler = () => {
      throw new Error('other');
    };
    expect((await run(make(other))).map(describeError)).toEqual(['S(other, boom)']);
    expect(journal.lines.at(-1)).toBe('-outer error S(other, boom)');
  });

  it('passes unwrapped in an error whose cause it is', async () => {
    const wrap: Handler = (error) => {
      throw new Error('wrapped', { cause: error });
    };
    expect((await run(make(wrap))).map(describeError)).toEqual(['wrapped']);
  });

  it('runs finally in each case', async () => {
    let closed = 0;
    const close = (): void => {
      closed++;
    };
    await run(make(() => undefined, close));
    await run(make(() => { throw boom; }, close)); // prettier-ignore
    expect(closed).toBe(2);
  });

  it('is joined with one that finally throws', async () => {
    const failing = make(
      () => {
        throw boom;
      },
      () => {
        throw new Error('closing');
      },
    );
    expect((await run(failing)).map(describeError)).toEqual(['S(closing, boom)']);
  });
});

describe('law 23: a generator that does not catch', () => {
  it('lets the error pass, and code after the yield does not run', async () => {
    const journal = new Journal();
    const boom = new Error('boom');
    const plain = resource(function* () {
      yield 1;
      journal.note('commit');
    });
    using(plain, () => throwError(() => boom)).subscribe(journal.observer());
    expect(journal.lines).toEqual(['error boom']);
  });

  it('throws after completion: that is the error', async () => {
    const journal = new Journal();
    const failing = resource(async function* () {
      yield 1;
      throw new Error('commit failed');
    });
    using(failing, () => of('value')).subscribe(journal.observer());
    await nextMacrotask();
    expect(journal.lines).toEqual(['next value', 'error commit failed']);
  });
});
