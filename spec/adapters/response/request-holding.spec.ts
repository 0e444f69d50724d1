import { NEVER, Subject } from 'rxjs';
import { RequestHolding } from '../../../lib/adapters/response/request-holding.js';
import { use, type Exit } from '../../../lib/index.js';
import { Journal } from '../../support/journal.js';

const failure = new Error('no such city');

describe('RequestHolding', () => {
  const lost: unknown[] = [];
  const open = (): RequestHolding => new RequestHolding((error) => lost.push(error));

  beforeEach(() => {
    lost.length = 0;
  });

  it('releases in reverse what was entered, told how it has ended', async () => {
    const journal = new Journal();
    const holding = open();
    await holding.stack.enter(journal.resource('a'));
    await holding.stack.enter(journal.resource('b', { release: () => Promise.resolve() }));
    await holding.end({ kind: 'complete' });
    expect(journal.lines).toEqual(['+a', '+b', '-b complete', '-b ok', '-a complete']);
    expect(lost).toEqual([]);
  });

  it('tells an unsubscribe, and waits for the release', async () => {
    const journal = new Journal();
    const holding = open();
    await holding.stack.enter(journal.resource('a', { release: () => Promise.resolve() }));
    await holding.end({ kind: 'unsubscribe' });
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', '-a ok']);
  });

  it('tells an error, and rejects with it', async () => {
    const journal = new Journal();
    const holding = open();
    await holding.stack.enter(journal.resource('a'));
    await expect(holding.end({ kind: 'error', error: failure })).rejects.toBe(failure);
    expect(journal.lines).toEqual(['+a', '-a error no such city']);
    expect(lost).toEqual([]);
  });

  it.each<Exit>([{ kind: 'complete' }, { kind: 'unsubscribe' }])(
    'rejects with what a release fails with, told %p',
    async (exit) => {
      const holding = open();
      const refuse = (): Promise<never> => Promise.reject(failure);
      await holding.stack.enter(new Journal().resource('a', { release: refuse }));
      await expect(holding.end(exit)).rejects.toBe(failure);
      expect(lost).toEqual([]);
    },
  );

  it('leaves work that goes on in it before it releases', async () => {
    const journal = new Journal();
    const holding = open();
    await holding.stack.enter(journal.resource('a'));
    holding.run(journal.resource('rows', { release: () => Promise.resolve() }).pipe(use(() => NEVER)));
    await holding.end({ kind: 'unsubscribe' });
    expect(journal.lines).toEqual(['+a', '+rows', '-rows unsubscribe', '-rows ok', '-a unsubscribe']);
  });

  it('tells that a handle is lost when everything has been released', async () => {
    const journal = new Journal();
    const cut = new Subject<string>();
    const holding = new RequestHolding((error) => {
      journal.note(`lost ${(error as Error).name}`);
    });
    await holding.stack.enter(journal.resource('a'));
    await holding.stack.enter(journal.resource('line', { lost: () => cut }));
    cut.next('cut');
    expect(journal.lines.map((line) => line.split(':')[0])).toEqual([
      '+a',
      '+line',
      '-line error ResourceLostError',
      '-a error ResourceLostError',
      'lost ResourceLostError',
    ]);
  });
});
