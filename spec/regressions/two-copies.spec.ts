import { of } from 'rxjs';
import * as first from '../../lib/index.js';
import { Journal } from '../support/journal.js';

/** An application can hold the package twice, as an ES module and as CommonJS. RxJS is there once. */
describe('two copies of the package', () => {
  const rxjs = jest.requireActual<typeof import('rxjs')>('rxjs');
  let second!: typeof first;
  jest.isolateModules(() => {
    jest.doMock('rxjs', () => rxjs);
    second = jest.requireActual<typeof first>('../../lib/index.js');
  });

  it('are two', () => {
    expect(second.Resource).not.toBe(first.Resource);
  });

  it('enter and release resources of each other, built with a stack, combined or limited', async () => {
    const journal = new Journal();
    const made = (name: string) =>
      second.resource({ name, acquire: () => name, release: async () => { journal.note(`-${name}`); } }); // prettier-ignore
    const built = second.scoped(async (stack) => {
      await stack.enter(made('a'));
      return stack.enter(made('b'));
    });
    await first.lastValue(first.using(built as never, () => of(1)));
    expect(journal.take()).toEqual(['-b', '-a']);
    const all = second.combine([built, made('c')], { concurrent: true });
    await first.lastValue(first.using(all as never, () => of(1)));
    expect(journal.lines).toEqual(['-c', '-b', '-a']);
    expect(first.openResources()).toEqual([]);
  });

  it('wait for the releases of each other, the inner one first', async () => {
    const journal = new Journal();
    const outer = first.resource({ acquire: () => 1, release: () => { journal.note('-outer'); } }); // prettier-ignore
    const inner = second.resource({ acquire: () => 2, release: async () => { journal.note('-inner'); } }); // prettier-ignore
    await first.consume(first.using(outer, () => second.using(inner, () => rxjs.NEVER))).close();
    expect(journal.lines).toEqual(['-inner', '-outer']);
    await second.settled();
  });

  it('are told apart by nobody: errors have codes', () => {
    expect(new second.ClosedError('closed').code).toBe(new first.ClosedError('closed').code);
  });
});
