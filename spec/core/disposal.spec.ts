import { disposalOf } from '../../lib/core/disposal.js';

describe('disposalOf', () => {
  it('keeps the value, and calls its method only when told to', () => {
    const calls: unknown[] = [];
    const value = {
      [Symbol.dispose](): void {
        calls.push(this);
      },
    };
    const disposal = disposalOf(value);
    expect(disposal.value).toBe(value);
    expect(calls).toEqual([]);
    disposal.run();
    expect(calls).toEqual([value]);
  });

  it('passes on what an asynchronous dispose and a named method answer, and nothing else (law 28)', () => {
    const promise = Promise.resolve();
    const answers = {
      [Symbol.asyncDispose]: () => promise,
      [Symbol.dispose]: (): unknown => promise,
      close: () => promise,
    };
    expect(disposalOf(answers).run()).toBe(promise);
    expect(disposalOf(answers, 'close').run()).toBe(promise);
    expect(disposalOf({ [Symbol.dispose]: answers[Symbol.dispose] }).run()).toBeUndefined();
    expect(disposalOf({ unsubscribe: answers.close }).run()).toBeUndefined();
    expect(disposalOf({ unsubscribe: answers.close }, 'unsubscribe').run()).toBe(promise);
  });

  it.each([null, undefined])('has nothing to do for %p, with or without a method', (value) => {
    expect(disposalOf(value).run()).toBeUndefined();
    expect(disposalOf(value, 'close').run()).toBeUndefined();
  });

  it('finds inherited methods', () => {
    const calls: string[] = [];
    class Base {
      [Symbol.dispose](): void {
        calls.push('disposed');
      }
    }
    class Heir extends Base {}
    disposalOf(new Heir()).run();
    expect(calls).toEqual(['disposed']);
  });

  it('names a symbol in its error', () => {
    expect(() => disposalOf({}, Symbol('close'))).toThrow(/Symbol\(close\) to be a method/);
  });
});
