import fc from 'fast-check';
import { Queue } from '../../lib/internal/queue.js';
import { PATIENCE, parameters } from '../property/support/parameters.js';

/** Beyond several of its chunks. */
const MANY = 1024;

function filled(count: number): Queue<number> {
  const queue = new Queue<number>();
  for (let i = 0; i < count; i++) queue.push(i);
  return queue;
}

/** Every object that can be reached from a thing. */
function reachableFrom(thing: object): Set<unknown> {
  const seen = new Set<unknown>([thing]);
  for (const one of seen) {
    if (typeof one !== 'object' || one === null) continue;
    for (const part of Object.values(one)) seen.add(part);
  }
  return seen;
}

describe('Queue', () => {
  it('hands out in the order in which it took', () => {
    const queue = filled(3);
    expect([queue.length, queue.peek(), queue.shift(), queue.shift(), queue.shift(), queue.length]).toEqual(
      [3, 0, 0, 1, 2, 0],
    ); // prettier-ignore
  });

  it('has nothing to peek at where it is empty: new, emptied, drained, cleared', () => {
    const emptied = filled(MANY);
    while (emptied.length > 0) emptied.shift();
    const drained = filled(MANY);
    drained.drain();
    const cleared = filled(MANY);
    cleared.clear();
    for (const queue of [new Queue<number>(), emptied, drained, cleared]) {
      expect([queue.length, queue.peek(), queue.drain()]).toEqual([0, undefined, []]);
      queue.push(7);
      expect([queue.length, queue.peek(), queue.shift(), queue.peek()]).toEqual([1, 7, 7, undefined]);
    }
  });

  it('drains what is left, in order, into an array that is nobody else’s', () => {
    const queue = filled(MANY);
    for (let i = 0; i < 300; i++) queue.shift();
    const all = queue.drain();
    queue.push(1);
    expect(all).toEqual(Array.from({ length: MANY - 300 }, (_, i) => i + 300));
  });

  it.each([0, 1, 127, 128, 129, 255, 256, 257, MANY])('crosses its borders: %p waiting all the time', (waiting) => {
    const queue = filled(waiting);
    const seen: number[] = [];
    for (let i = waiting; i < waiting + 3000; i++) {
      queue.push(i);
      seen.push(queue.shift());
    }
    expect(seen).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(queue.length).toBe(waiting);
  });

  it('takes undefined for a value', () => {
    const queue = new Queue<number | undefined>();
    queue.push(undefined);
    expect(queue.length).toBe(1);
    expect([queue.shift(), queue.length]).toEqual([undefined, 0]);
  });

  it.each([1, 127, 128, 129, 400])('keeps nothing that it has handed out: %p of 500', (count) => {
    const queue = new Queue<object>();
    const all = Array.from({ length: 500 }, () => ({}));
    for (const one of all) queue.push(one);
    const out = Array.from({ length: count }, () => queue.shift());
    const reachable = reachableFrom(queue);
    expect(out.filter((one) => reachable.has(one))).toEqual([]);
    expect(all.slice(count).every((one) => reachable.has(one))).toBe(true);
  });

  it.each(['drain', 'clear'] as const)('keeps nothing after %s()', (empty) => {
    const queue = new Queue<object>();
    const all = Array.from({ length: 500 }, () => ({}));
    for (const one of all) queue.push(one);
    queue[empty]();
    const reachable = reachableFrom(queue);
    expect(all.some((one) => reachable.has(one))).toBe(false);
  });

  it(
    'is an array with push and shift',
    () => {
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), count: fc.integer({ min: 1, max: 300 }) }) },
        { weight: 5, arbitrary: fc.record({ kind: fc.constant('shift' as const), count: fc.integer({ min: 1, max: 300 }) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drain' as const, 'clear' as const), count: fc.constant(1) }) },
      ); // prettier-ignore
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
          const queue = new Queue<number>();
          let model: number[] = [];
          let made = 0;
          for (const { kind, count } of steps) {
            if (kind === 'drain') expect(queue.drain()).toEqual(model);
            if (kind === 'clear') queue.clear();
            if (kind === 'drain' || kind === 'clear') model = [];
            for (let i = 0; i < count && kind === 'push'; i++) {
              queue.push(made);
              model.push(made++);
            }
            for (let i = 0; i < count && kind === 'shift' && model.length > 0; i++) {
              if (queue.shift() !== model.shift()) throw new Error('Not the oldest.');
            }
            expect([queue.length, queue.peek()]).toEqual([model.length, model[0]]);
          }
          expect(queue.drain()).toEqual(model);
        }),
        parameters(300),
      );
    },
    PATIENCE,
  );
});
