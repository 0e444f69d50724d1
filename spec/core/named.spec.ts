import { of, Subject } from 'rxjs';
import { fromValue, named, openResources, resource } from '../../lib/index.js';
import { errorOf } from '../support/failing.js';
import { Journal } from '../support/journal.js';

describe('named', () => {
  it('gives another name, and leaves the original with its own', () => {
    const source = fromValue(1);
    const renamed = source.pipe(named('one'));
    expect([source.name, renamed.name]).toEqual(['value', 'one']);
  });

  it('changes nothing else', () => {
    const journal = new Journal();
    journal.resource('a').pipe(named('b')).subscribe(journal.observer()).unsubscribe();
    expect(journal.lines).toEqual(['+a', 'next a', '-a unsubscribe']);
  });

  it('is what openResources() shows', () => {
    const subscription = fromValue(1).pipe(named('one')).subscribe();
    expect(openResources().map(({ name }) => name)).toEqual(['one']);
    subscription.unsubscribe();
  });

  it('is what errors show', async () => {
    const lost = new Subject<void>();
    const error = errorOf(resource({ acquire: () => 1, lost: () => lost }).pipe(named('socket')));
    lost.next();
    expect(await error).toMatchObject({ resource: 'socket', message: expect.stringContaining('socket') as string });
  });

  it('counts the last one', () => {
    expect(fromValue(1).pipe(named('one'), named('two')).name).toBe('two');
  });

  it('refuses to be applied to what is no resource', () => {
    expect(() => named('x')(of(1) as never)).toThrow(TypeError);
  });
});
