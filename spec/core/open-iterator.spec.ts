import { openAnew, openOnce, spend } from '../../lib/core/open-iterator.js';
import { iterableOf } from '../support/async-source.js';

async function* generate(): AsyncGenerator<number> {
  yield 1;
}

describe('openOnce', () => {
  it('opens what has an iterator of its own for each, as often as you like', () => {
    const iterable = { [Symbol.asyncIterator]: generate };
    expect(openOnce(iterable)).not.toBe(openOnce(iterable));
  });

  it.each<[string, AsyncIterable<unknown>]>([
    ['a generator object', generate()],
    ['what hands out one and the same iterator, as a list of Stripe does', iterableOf({ next: () => null })],
    ['an iterator that is its own iterable', { next: () => null, [Symbol.asyncIterator]() { return this as never; } } as AsyncIterable<unknown>], // prettier-ignore
  ])('opens %s once', (_, iterable) => {
    openOnce(iterable);
    expect(() => openOnce(iterable)).toThrow(TypeError);
    expect(() => openOnce(iterable)).toThrow(
      /gone through before\. Pass a function that makes one for each subscription\.$/,
    );
  });

  it('calls the method on the iterable', () => {
    const iterable = {
      [Symbol.asyncIterator](this: unknown) {
        expect(this).toBe(iterable);
        return generate();
      },
    };
    openOnce(iterable);
  });

  it.each([[null], [undefined], [1], ['text'], [{}], [[1]], [{ [Symbol.asyncIterator]: 1 }]])(
    'refuses %p with a TypeError',
    (value) => {
      expect(() => openOnce(value as never)).toThrow(TypeError);
      expect(() => openOnce(value as never)).toThrow(/^Expected an async iterable, received /);
    },
  );
});

describe('openAnew', () => {
  it('takes what a function has made for new', () => {
    const iterable = iterableOf({ next: () => null });
    expect(openAnew(iterable)).toBe(openAnew(iterable));
  });

  it('refuses a generator object it has seen, wherever', () => {
    const [first, second] = [generate(), generate()];
    openAnew(first);
    openOnce(second);
    expect(() => openAnew(first)).toThrow(TypeError);
    expect(() => openAnew(second)).toThrow(TypeError);
  });
});

describe('spend', () => {
  it('refuses the second time, and says what', () => {
    const stream = {};
    spend(stream, 'a stream');
    expect(() => spend(stream, 'a stream')).toThrow('received a stream that was gone through before');
  });
});
