import { take, timer } from 'rxjs';
import { fromValue } from '../../lib/index.js';
import { KeyedMap } from '../../lib/sharing/keyed-map.js';
import { keyedSettings } from '../../lib/sharing/keyed-options.js';
import { Keyed } from '../../lib/sharing/keyed.js';
import { inVirtualTime, Journal } from '../support/journal.js';
import { openMap } from './support/open-map.js';

describe('KeyedMap', () => {
  const factory = (key: string) => fromValue(key);
  const entriesOf = (map: KeyedMap<string, string>): number =>
    (map as unknown as { readonly entries: ReadonlyMap<unknown, unknown> }).entries.size;

  it('keeps nothing of a key that is gone, whichever way it went (law 38)', () => {
    const inner = new KeyedMap(keyedSettings(factory, {}));
    const map = new Keyed(inner);
    for (let i = 0; i < 20_000; i++) {
      const key = String(i);
      const user = map.get(key).subscribe();
      if (i % 3 === 1) map.invalidate(key);
      if (i % 3 === 2) map.refresh(key).pipe(take(1)).subscribe();
      map.touch(key);
      user.unsubscribe();
    }
    expect(entriesOf(inner)).toBe(0);
  });

  it('keeps nothing of keys that nobody ever entered, or that were only asked about', () => {
    const inner = new KeyedMap(keyedSettings(factory, {}));
    const map = new Keyed(inner);
    void map.get('a');
    void map.refresh('b');
    map.invalidate('c');
    map.touch('d');
    expect([entriesOf(inner), map.keys.length]).toEqual([0, 0]);
  });

  it('keeps nothing of those that failed, expired or were evicted', () => {
    const { lines } = inVirtualTime((journal, { flush }) => {
      const settings = keyedSettings(
        (key: string) => {
          if (key === 'bad') throw new Error(key);
          return journal.resource(key);
        },
        { idleTimeout: 3, capacity: 2 },
      );
      const inner = new KeyedMap(settings);
      const map = new Keyed(inner);
      for (const key of ['a', 'b', 'bad', 'c']) map.get(key).pipe(take(1)).subscribe({ error: () => undefined }); // prettier-ignore
      journal.note(`entries ${String(entriesOf(inner))}`);
      timer(4).subscribe(() => {
        journal.note(`entries ${String(entriesOf(inner))}`);
      });
      flush();
    });
    expect(lines.filter((line) => line.includes('entries'))).toEqual(['0 entries 2', '4 entries 0']);
  });

  it('gives each resource the same entry, whenever it was made', () => {
    const journal = new Journal();
    const { map, leave } = openMap(journal);
    const [first, second] = [map.get('a'), map.get('a')];
    const users = [second.subscribe(), first.subscribe()];
    expect(journal.take()).toEqual(['+a']);
    for (const user of users) user.unsubscribe();
    const again = first.subscribe();
    expect(journal.take()).toEqual(['-a unsubscribe', '+a']);
    again.unsubscribe();
    leave();
  });
});
