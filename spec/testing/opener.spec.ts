import { findOpener, withoutLibraries } from '../../lib/testing/opener.js';

const own = '    at findOpener (/app/node_modules/rxscope/dist/esm/testing/opener.js:8:19)';

describe('withoutLibraries', () => {
  it('leaves out the frames of the package and of RxJS', () => {
    const frames = [
      own,
      '    at Watch.opened (/app/node_modules/rxscope/dist/esm/core/watch-resources.js:40:5)',
      '    at Observable.subscribe (/app/node_modules/rxjs/dist/cjs/internal/Observable.js:26:24)',
      '    at openSocket (/app/src/socket.ts:12:3)',
      '    at new Promise (<anonymous>)',
      '    at async file:///app/src/main.ts:4:1',
    ];
    expect(withoutLibraries(frames)).toBe(
      'at openSocket (/app/src/socket.ts:12:3)\nat new Promise (<anonymous>)\nat async file:///app/src/main.ts:4:1',
    );
  });

  it('leaves out what has called the application, and nothing in between', () => {
    const frames = [
      own,
      '    at openSocket (/app/src/socket.ts:12:3)',
      '    at retrying (/app/node_modules/retry/index.js:3:1)',
      '    at /app/spec/socket.spec.ts:4:1',
      '    at new Promise (<anonymous>)',
      '    at runTest (file:///app/node_modules/@vitest/runner/dist/index.js:7:1)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    ];
    expect(withoutLibraries(frames)).toBe(
      'at openSocket (/app/src/socket.ts:12:3)\nat retrying (/app/node_modules/retry/index.js:3:1)\nat /app/spec/socket.spec.ts:4:1',
    );
  });

  it('reads the paths of Windows, and those with spaces', () => {
    const folder = 'C:\\my app\\node_modules\\rxscope\\dist\\cjs';
    const frames = [
      `    at findOpener (${folder}\\testing\\opener.js:8:19)`,
      `    at open (${folder}\\core\\engine\\enter.js:8:19)`,
      '    at openSocket (C:\\my app\\src\\socket.ts:12:3)',
    ];
    expect(withoutLibraries(frames)).toBe('at openSocket (C:\\my app\\src\\socket.ts:12:3)');
  });

  it('leaves all of them in a bundle, where the package is a part of one file', () => {
    expect(withoutLibraries(['    at a (/app/bundle.js:1:1)', '    at b (/app/bundle.js:2:2)'])).toBe(
      'at a (/app/bundle.js:1:1)\nat b (/app/bundle.js:2:2)',
    );
  });

  it('leaves all of them where nobody else is on the stack', () => {
    expect(withoutLibraries([own])).toBe(own.trim());
  });

  it('answers null where the platform keeps no stacks', () => {
    expect(withoutLibraries([])).toBeNull();
  });
});

describe('findOpener', () => {
  it('names the caller, and puts the limit of stacks back', () => {
    const { stackTraceLimit } = Error;
    const opener = findOpener();
    expect(opener?.split('\n')[0]).toMatch(/opener\.spec\.ts:\d+:\d+/);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});
