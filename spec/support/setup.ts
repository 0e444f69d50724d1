/**
 * Runs around every test of every project: whatever a test leaves behind makes it fail.
 *
 * Looked at: resources still open after background releases had time to finish, and errors that RxJS could deliver to
 * nobody. Unhandled promise rejections are caught by jest itself, which fails the test they happen in.
 *
 * The hook runs before the `afterEach` hooks at the top level of a spec file, and after those inside a `describe`:
 * clean up in the test or in a `describe`.
 */
import { inspect } from 'node:util';
import { createLeakCheck, describeOpen, nextMacrotask, settledWithin } from './leaks.js';
import { collectUnhandledErrors, takeUnhandledErrors } from './unhandled.js';

const settleLimit = 500; // ms; real releases in tests take far less
const findLeaks = createLeakCheck();

let stopCollecting: () => void = () => undefined;

beforeEach(() => {
  stopCollecting = collectUnhandledErrors();
});

afterEach(async () => {
  const isSettled = await settledWithin(settleLimit);
  await nextMacrotask();
  stopCollecting();

  const faults = [
    ...(isSettled ? [] : [`Releases were still running ${String(settleLimit)} ms after the test.`]),
    ...listed('The test left resources open', findLeaks().map(describeOpen)),
    ...listed('The test left errors that nobody handled', takeUnhandledErrors().map(summary)),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
});

function listed(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`${title}:\n${lines.map((line) => `  - ${line}`).join('\n')}`] : [];
}

function summary(error: unknown): string {
  return inspect(error, { depth: 1 }).split('\n').slice(0, 3).join('\n    ');
}
