import { describeLeaks } from '../../lib/testing/describe-leaks.js';
import type { TrackedResource } from '../../lib/testing/index.js';

describe('describeLeaks', () => {
  const db: TrackedResource = { name: 'db', state: 'held', since: 0, age: 5, openedAt: null, at: null };
  const remedies = { open: ['Leave it.', 'Where?'], unreleased: ['Give it one.'] };

  it('says nothing where nothing is left behind', () => {
    expect(describeLeaks({ open: [], unreleased: [] }, remedies)).toEqual([]);
  });

  it('says what is open, how long, and what it is at', () => {
    const exiting = { ...db, name: 'both', state: 'exiting', at: 'db', age: 7 } as const;
    expect(describeLeaks({ open: [db, exiting], unreleased: [] }, remedies)).toEqual([
      ...['2 resources are still open.', 'Leave it.', 'Where?'],
      ...['  db (held), open for 5 ms', '  both (exiting db), open for 7 ms'],
    ]);
  });

  it('says what was described without a release, and the scope where that is called otherwise', () => {
    const unreleased = [
      { name: 'a', scope: 'a', openedAt: null },
      { name: 'b', scope: 'both', openedAt: null },
    ];
    expect(describeLeaks({ open: [], unreleased }, remedies)).toEqual([
      ...['2 resources were held, and described without a release.', 'Give it one.'],
      ...['  a', '  b (in both)'],
    ]);
  });

  it('puts the stack of the opener below each, and what is open first', () => {
    const openedAt = 'at here\nat there';
    const unreleased = [{ name: 'a', scope: 'a', openedAt }];
    expect(describeLeaks({ open: [{ ...db, openedAt }], unreleased })).toEqual([
      ...['1 resource is still open.', '  db (held), open for 5 ms, opened\n    at here\n    at there'],
      ...['1 resource was held, and described without a release.', '  a, opened\n    at here\n    at there'],
    ]);
  });
});
