import { keepContext, mutex, using } from 'rxscope';

describe('keepContext', () => {
  let current = 'outside';
  const snapshot = (mark: string) => (): ((callback: () => void) => void) => {
    const kept = `${mark}${current}`;
    return (callback) => {
      const before = current;
      current = kept;
      callback();
      current = before;
    };
  };
  let undos: (() => void)[] = [];

  afterEach(() => {
    for (const undo of undos.reverse()) undo();
    undos = [];
    current = 'outside';
  });

  /** What the second one in the line sees as its context, handed over in that of the first. */
  const seen = (): string => {
    const { lock } = mutex();
    let found = 'nothing';
    const holder = lock.subscribe();
    current = 'second';
    using(lock, () => [current]).subscribe((context) => (found = context));
    current = 'first';
    holder.unsubscribe();
    return found;
  };

  it('lets one who waited go on in its own context', () => {
    undos = [keepContext(snapshot(''))];
    expect(seen()).toBe('second');
    expect(current).toBe('first');
  });

  it('is off by default', () => {
    expect(seen()).toBe('first');
  });

  it('is not asked by one who is served at once', () => {
    const asked = jest.fn(snapshot(''));
    undos = [keepContext(asked)];
    using(mutex().lock, () => [1]).subscribe();
    expect(asked).not.toHaveBeenCalled();
  });

  it('takes the last one, and the one before it again once that is undone', () => {
    undos = [keepContext(snapshot('1 '))];
    const undo = keepContext(snapshot('2 '));
    expect(seen()).toBe('2 second');
    undo();
    expect(seen()).toBe('1 second');
  });

  it('leaves a later one alone when an earlier one is undone', () => {
    const undo = keepContext(snapshot('1 '));
    undos = [undo, keepContext(snapshot('2 '))];
    undo();
    expect(seen()).toBe('2 second');
  });

  it('refuses what is no function', () => {
    expect(() => keepContext('context' as never)).toThrow(
      new TypeError('Expected snapshot to be a function, received string.'),
    );
  });
});
