import { ask, Deferral, isPlain, listen } from '../../../lib/core/engine/reply.js';
import type { Sink } from '../../../lib/core/engine/scope.js';
import { Bench, Later } from '../../support/plain-layer.js';

class Prompt extends Deferral {
  answer(sink: Sink): void {
    sink.value('prompt');
  }
}

const recording = (): [unknown[], Sink] => {
  const seen: unknown[] = [];
  const sink: Sink = {
    value: (value) => seen.push(['value', value]),
    error: (error) => seen.push(['error', error]),
  };
  return [seen, sink];
};

describe('isPlain', () => {
  it.each<[string, unknown, boolean]>([
    ['undefined', undefined, true],
    ['null', null, true],
    ['a string', 'text', true],
    ['an array', [1], true],
    ['an iterable', new Set([1]), true],
    ['a function', () => 1, true],
    ['an object with `subscribe` alone', { subscribe: () => 1 }, true],
    ['an object whose `then` is no function', { then: 1 }, true],
    ['a promise', Promise.resolve(), false],
    ['a thenable', { then: () => 1 }, false],
    ['a thenable function', Object.assign(() => 1, { then: () => 1 }), false],
    ['what looks like an observable', new Later(), false],
    ['an answer of the engine’s own', new Prompt(), false],
  ])('tells values from what is waited for: %s', (_, value, expected) => {
    expect(isPlain(value)).toBe(expected);
  });
});

describe('ask', () => {
  const scope = new Bench().holding();

  it('asks an answer of the engine’s own at once', () => {
    const [seen, sink] = recording();
    expect(ask(new Prompt(), 'first', scope, sink)).toBeNull();
    expect(seen).toEqual([['value', 'prompt']]);
  });

  it('asks a promise, which cannot be stopped', async () => {
    const [seen, sink] = recording();
    expect(ask(Promise.resolve(1), 'last', scope, sink)).toBeNull();
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual([['value', 1]]);
  });

  it('has the layer ask anything else, and hands on the way to stop it', () => {
    const [seen, sink] = recording();
    const later = new Later();
    const cancel = ask(later, 'last', scope, sink);
    expect(later.asked).toBe('last');
    later.answer(2);
    expect(seen).toEqual([['value', 2]]);
    cancel?.unsubscribe();
    expect(later.cancelled).toBe(true);
  });
});

describe('listen', () => {
  it('takes the answer of a promise in one microtask', async () => {
    const [seen, sink] = recording();
    listen(Promise.resolve(1), sink);
    await Promise.resolve();
    expect(seen).toEqual([['value', 1]]);
  });

  it('takes a rejection, with undefined too', async () => {
    const [seen, sink] = recording();
    listen(Promise.reject<unknown>(undefined), sink);
    await Promise.resolve();
    expect(seen).toStrictEqual([['error', undefined]]);
  });

  it('holds a thenable to the rules: one answer, later, and what it throws is a rejection', async () => {
    const [seen, sink] = recording();
    const boom = new Error('boom');
    const unruly = {
      then: (resolve: (value: number) => void, reject: (error: unknown) => void) => {
        resolve(1);
        resolve(2);
        reject(boom);
      },
    };
    const throwing = {
      then: () => {
        throw boom;
      },
    };
    listen(unruly as never, sink);
    listen(throwing as never, sink);
    expect(seen).toEqual([]);
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    expect(seen).toEqual([
      ['value', 1],
      ['error', boom],
    ]);
  });
});
