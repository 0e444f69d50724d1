import { throwError } from 'rxjs';
import { resource } from '../../../lib/index.js';
import { allowLeaks, leakCheck, takeUnhandledErrors, type LeakCheckSetup } from '../../../lib/testing/jest/index.js';
import { rejection } from '../../support/rejection.js';

const socket = resource({ name: 'socket', acquire: () => 1 });

/** What happens while the file is loaded: every test is watched by the setup file of all specs. */
const outside = {
  allowing: rejection(Promise.resolve().then(() => allowLeaks('nobody asks'))),
  taking: rejection(takeUnhandledErrors()),
};

/** Hooks that the spec runs itself. */
function install(options: LeakCheckSetup = {}) {
  const before: (() => void)[] = [];
  const after: { hook: () => Promise<void>; timeout: number | undefined }[] = [];
  leakCheck({
    ...options,
    hooks: {
      beforeEach: (hook) => before.push(hook),
      afterEach: (hook, timeout) => after.push({ hook, timeout }),
    },
  });
  return {
    timeouts: after.map(({ timeout }) => timeout),
    begin: () => before.forEach((hook) => hook()),
    end: async () => {
      for (const { hook } of after) await hook();
    },
  };
}

describe('leakCheck', () => {
  it('fails the test that leaves something open, and that one only', async () => {
    const { begin, end } = install();
    begin();
    const subscription = socket.subscribe();
    await expect(end()).rejects.toThrow('socket (held)');
    begin();
    await end();
    subscription.unsubscribe();
  });

  it('hands its options on', async () => {
    const { begin, end } = install({ stacks: true });
    begin();
    const subscription = socket.subscribe();
    await expect(end()).rejects.toThrow('leak-check.spec.ts');
    subscription.unsubscribe();
  });

  it('gives its hook more time than it takes', () => {
    expect(install().timeouts).toEqual([5000]);
    expect(install({ settleTimeout: 20_000 }).timeouts).toEqual([25_000]);
  });

  it('keeps quiet where the hooks before it have failed', async () => {
    const { begin, end } = install();
    await end();
    begin();
    throwError(() => 'lost').subscribe();
    await expect(end()).rejects.toThrow('lost');
    await end();
  });

  it('says what to do where there are no hooks', () => {
    const message =
      'leakCheck() found no beforeEach and no afterEach. Call it in a file of setupFilesAfterEnv, or hand them over as { hooks }.';
    expect(() => leakCheck({ hooks: {} as never })).toThrow(new Error(message));
  });
});

describe('allowLeaks', () => {
  it('lets the running test leak, whichever check looks', async () => {
    const [outer, inner] = [install(), install()];
    outer.begin();
    inner.begin();
    allowLeaks('it is left below');
    const subscription = socket.subscribe();
    await inner.end();
    await outer.end();
    subscription.unsubscribe();
  });

  it('wants a reason', async () => {
    const { begin, end } = install();
    begin();
    expect(() => allowLeaks('')).toThrow(TypeError);
    await end();
  });

  it('says what to do outside of a test', async () => {
    const message =
      'allowLeaks() works inside a test that leakCheck() watches; rxscope/testing/jest/setup in setupFilesAfterEnv does so for all.';
    expect(await outside.allowing).toEqual(new Error(message));
  });
});

describe('takeUnhandledErrors', () => {
  it('takes them from the inner check, which is the one that sees them', async () => {
    const [outer, inner] = [install(), install()];
    outer.begin();
    inner.begin();
    throwError(() => 'expected').subscribe();
    expect(await takeUnhandledErrors()).toEqual(['expected']);
    await inner.end();
    throwError(() => 'later').subscribe();
    expect(await takeUnhandledErrors()).toEqual(['later']);
    await outer.end();
  });

  it('says what to do outside of a test', async () => {
    const message =
      'takeUnhandledErrors() works inside a test that leakCheck() watches; rxscope/testing/jest/setup in setupFilesAfterEnv does so for all.';
    expect(await outside.taking).toEqual(new Error(message));
  });
});
