import { take } from 'rxjs';
import { Journal } from '../support/journal.js';
import { openMap } from './support/open-map.js';

describe('Entry', () => {
  it('is gone with the last instance of its key, not before: a newer one is never removed with an older one (K6)', () => {
    const journal = new Journal();
    const { map, leave } = openMap(journal);
    const old = map.get('a').subscribe();
    map.invalidate('a');
    expect(map.keys).toEqual([]);
    expect(map.stats().instances).toHaveLength(1);
    const recent = map.get('a').subscribe();
    old.unsubscribe();
    expect(map.keys).toEqual(['a']);
    recent.unsubscribe();
    expect(map.stats().instances).toEqual([]);
    leave();
  });

  it('stays while one comes: what that gives up may be the last of its own', () => {
    const journal = new Journal();
    const { map, leave } = openMap(journal, {}, { capacity: 1, whenFull: 'wait', idleTimeout: Infinity });
    map.get('a').subscribe().unsubscribe();
    const user = map.refresh('a').subscribe();
    expect(journal.take()).toEqual(['+a', '-a complete', '+a']);
    expect(map.keys).toEqual(['a']);
    user.unsubscribe();
    leave();
    expect(journal.take()).toEqual(['-a complete']);
  });

  it('is found by one who comes in the very release that removes it', () => {
    const journal = new Journal();
    let again = true;
    const { map, leave } = openMap(journal, {
      release: () => {
        if (again) map.get('a').pipe(take(1)).subscribe(journal.observer('inside ')); // prettier-ignore
        again = false;
      },
    });
    map.get('a').subscribe().unsubscribe();
    expect(journal.lines).toEqual(['+a', '-a unsubscribe', '+a', 'inside next a', 'inside complete', '-a unsubscribe']);
    expect(map.stats().instances).toEqual([]);
    leave();
  });

  it('calls the factory with the key that came first', () => {
    const keys: object[] = [];
    const journal = new Journal();
    const { map, leave } = openMap(
      journal,
      (key) => {
        keys.push(key as never);
        return {};
      },
      { keyOf: (key) => (key as unknown as { id: number }).id },
    );
    const [one, other] = [{ id: 1 }, { id: 1 }] as unknown as [string, string];
    const users = [map.get(one).subscribe(), map.get(other).subscribe()];
    expect(keys).toEqual([one]);
    expect(keys[0]).toBe(one);
    expect(map.keys[0]).toBe(one);
    for (const user of users) user.unsubscribe();
    leave();
  });
});
