import { failed, type Exit } from '../../lib/core/engine/exit.js';
import { KeyedClosing } from '../../lib/sharing/keyed-closing.js';
import { describeExit } from '../support/journal.js';

// What closing does is in laws/law-31-shared.spec.ts.
describe('KeyedClosing', () => {
  let closing: KeyedClosing;
  let told: string[];
  const wait = (name: string): void => {
    closing.wait((outcome: Exit) => told.push(`${name} ${describeExit(outcome)}`));
  };

  beforeEach(() => {
    closing = new KeyedClosing(3);
    told = [];
  });

  it('tells the first who asked what has failed, the newest instance innermost; the others that it is over', () => {
    wait('a');
    wait('b');
    closing.failed({ generation: 1 }, new Error('one'));
    closing.failed({ generation: 3 }, new Error('three'));
    closing.failed({ generation: 2 }, new Error('two'));
    closing.finish();
    expect(told).toEqual(['a error S(one, S(two, three))', 'b complete']);
  });

  it('tells those who ask later that it is over', () => {
    wait('a');
    closing.failed({ generation: 1 }, new Error('one'));
    closing.finish();
    wait('b');
    closing.finish();
    expect(told).toEqual(['a error one', 'b complete']);
  });

  it('is not over while it is being told to everybody', () => {
    wait('a');
    closing.isTelling = true;
    closing.finish();
    expect(told).toEqual([]);
    closing.isTelling = false;
    closing.finish();
    expect(told).toEqual(['a complete']);
  });

  it('does not take an undefined failure for none', () => {
    wait('a');
    closing.failed({ generation: 1 }, undefined);
    closing.finish();
    expect(told).toEqual([describeExit(failed(undefined))].map((exit) => `a ${exit}`));
  });

  it('counts, and the report stays as it was', () => {
    closing.ended = 2;
    const report = closing.report();
    closing.ended = 5;
    expect(report).toEqual({ released: 3, ended: 2 });
    expect(Object.isFrozen(report)).toBe(true);
  });
});
