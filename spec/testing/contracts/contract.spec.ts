import { casesOf, register, type ContractRunner } from '../../../lib/testing/contracts/contract.js';

/** A runner that writes down what it is given. */
class Runner implements ContractRunner {
  readonly lines: string[] = [];
  readonly tests: (() => Promise<void>)[] = [];

  readonly describe = (title: string, body: () => void): void => {
    this.lines.push(title);
    body();
  };

  readonly it = (title: string, test: () => Promise<void>): void => {
    this.lines.push(`- ${title}`);
    this.tests.push(test);
  };
}

describe('register', () => {
  const cases = [
    { title: 'passes', run: async () => undefined },
    { title: 'fails', run: () => Promise.reject(new Error('no')) },
  ];

  it('hands each case to the runner that is given', async () => {
    const runner = new Runner();
    register('a contract', cases, runner);
    expect(runner.lines).toEqual(['a contract', '- passes', '- fails']);
    await expect(runner.tests[0]?.()).resolves.toBeUndefined();
    await expect(runner.tests[1]?.()).rejects.toThrow('no');
  });

  it.each([{}, { describe: new Runner().describe }, { it: new Runner().it }])(
    'says what is missing where there is no runner',
    (options) => {
      const { describe, it } = globalThis;
      Object.assign(globalThis, { describe: undefined, it: undefined });
      try {
        expect(() => {
          register('a contract', cases, options);
        }).toThrow(new TypeError('A contract expects the describe and it of a test runner, and found none among the globals. Pass those of yours: { describe, it }. Without a runner, run the cases of resourceContract() and the like one by one.')); // prettier-ignore
      } finally {
        Object.assign(globalThis, { describe, it });
      }
    },
  );

  it('takes the globals where nothing is given', () => {
    const runner = new Runner();
    const { describe, it } = globalThis;
    Object.assign(globalThis, { describe: runner.describe, it: runner.it });
    try {
      register('a contract', cases, {});
    } finally {
      Object.assign(globalThis, { describe, it });
    }
    expect(runner.lines).toHaveLength(3);
  });
});

describe('casesOf', () => {
  it('leaves out what does not apply, and begins anew for each case', async () => {
    let begun = 0;
    const seen: number[] = [];
    const test = (count: number): void => {
      seen.push(count);
    };
    const cases = casesOf(
      [
        { title: 'first', test },
        { title: 'second', test, when: false },
        { title: 'third', test, when: true },
      ],
      {},
      async () => ++begun,
    );
    expect(cases.map(({ title }) => title)).toEqual(['first', 'third']);
    for (const { run } of cases) await run();
    await cases[0]?.run();
    expect(seen).toEqual([1, 2, 3]);
  });
});
