import { NEVER, of } from 'rxjs';
import {
  acquireTimeout,
  andThen,
  combine,
  exitStack,
  fromDisposable,
  fromManager,
  fromValue,
  mapValue,
  named,
  onExit,
  openResources,
  orElse,
  releaseTimeout,
  resource,
  retryAcquire,
  scoped,
  suppress,
  switchResource,
  use,
  using,
  type Resource,
} from '../../lib/index.js';
import { Journal } from '../support/journal.js';

describe('law 5: every subscription is a scope of its own', () => {
  let journal: Journal;

  beforeEach(() => {
    journal = new Journal();
  });

  it('nothing is acquired before subscribe, however it is made and composed', () => {
    const source = journal.resource('a');
    const unexpected = (): never => {
      throw new Error('called before subscribe');
    };
    const made = [
      source.pipe(
        andThen(unexpected),
        mapValue(unexpected),
        onExit(unexpected),
        suppress(unexpected),
        named('other'),
        acquireTimeout(1),
        releaseTimeout(1),
      ),
      source.pipe(retryAcquire({ count: 1, delay: unexpected }), orElse(unexpected)),
      combine([source, source]),
      combine({ source }, { concurrent: true, concurrentRelease: true }),
      scoped(unexpected),
      exitStack(),
      fromManager(unexpected),
      fromDisposable(unexpected),
      resource(unexpected),
      using(source, unexpected),
      using(unexpected, unexpected),
      source.pipe(use(unexpected)),
      NEVER.pipe(switchResource(() => source)),
    ];
    expect(made).toHaveLength(13);
    expect(journal.lines).toEqual([]);
    expect(openResources()).toEqual([]);
  });

  it('each subscription acquires and releases for itself', () => {
    const scope = using(journal.resource('a'), () => NEVER);
    const first = scope.subscribe();
    const second = scope.subscribe();
    expect(journal.take()).toEqual(['+a', '+a']);
    first.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
    second.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });

  it('each has a handle of its own', () => {
    const handles: object[] = [];
    const one = resource({ acquire: () => ({}) });
    const scope = using(one, (handle) => of(handle));
    scope.subscribe((handle) => handles.push(handle));
    scope.subscribe((handle) => handles.push(handle));
    expect(handles).toHaveLength(2);
    expect(handles[0]).not.toBe(handles[1]);
  });

  it('also where the resource itself is subscribed: it emits the handle once and stays open', () => {
    const source = journal.resource('a');
    const first = source.subscribe(journal.observer('1: '));
    const second = source.subscribe(journal.observer('2: '));
    expect(journal.take()).toEqual(['+a', '1: next a', '+a', '2: next a']);
    second.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
    first.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });

  it.each<[string, () => Resource<unknown>]>([
    ['combine', () => combine([journal.resource('a')])],
    ['a concurrent combine', () => combine([journal.resource('a')], { concurrent: true })],
    ['andThen', () => fromValue(1).pipe(andThen(() => journal.resource('a')))],
    ['scoped', () => scoped((stack) => stack.enter(journal.resource('a')))],
  ])('a resource made with %s shares nothing between its subscriptions', async (_, make) => {
    const source = make();
    const seen: unknown[] = [];
    const subscriptions = [source, source].map((one) => one.subscribe((handle) => seen.push(handle)));
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(journal.take()).toEqual(['+a', '+a']);
    expect(seen).toHaveLength(2);
    subscriptions[0]?.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
    subscriptions[1]?.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });

  it('a resource that is part of two others is entered for each', () => {
    const part = journal.resource('a');
    combine([part.pipe(named('left')), part.pipe(named('right'))])
      .pipe(use(() => of(1)))
      .subscribe();
    expect(journal.lines).toEqual(['+a', '+a', '-a complete', '-a complete']);
  });

  it('a failure of one leaves the others alone', () => {
    const scope = using(journal.resource('a'), () => NEVER);
    const other = scope.subscribe(journal.observer('other: '));
    let attempts = 0;
    const once = using(journal.resource('b', { acquire: () => { if (attempts++ === 0) throw new Error('first'); } }), () => of(1)); // prettier-ignore
    once.subscribe(journal.observer('1: '));
    once.subscribe(journal.observer('2: '));
    expect(journal.take()).toEqual(['+a', '+b', '1: error first', '+b', '2: next 1', '-b complete', '2: complete']);
    other.unsubscribe();
    expect(journal.take()).toEqual(['-a unsubscribe']);
  });
});
