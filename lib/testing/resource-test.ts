import type { RunHelpers } from 'rxjs/testing';

import { assertExits, assertLifecycle, readExpected } from './expect-lifecycle.js';
import type { ExpectedExit } from './expected-exit.js';
import type { TestHelpers } from './helpers.js';
import { OpenState } from './open-state.js';
import { createProbe } from './probe.js';
import { UnhandledErrors } from './unhandled.js';
import { VirtualTime } from './virtual-time.js';
import { Waits } from './waits.js';

/** One test: its virtual time, and what it watches from its beginning to its end. */
export class ResourceTest {
  private static running = false;

  readonly scheduler = new VirtualTime();
  readonly waits = new Waits();
  readonly open = new OpenState(this.scheduler, this.waits);
  readonly unhandled: UnhandledErrors;

  private constructor(hasPromises: boolean) {
    // Promises may well fail after they have been left; where there are none, such an error is that of a teardown.
    this.unhandled = new UnhandledErrors(!hasPromises);
  }

  static start(hasPromises = false): ResourceTest {
    if (ResourceTest.running)
      throw new Error('A resource test is running: await testResourcesAsync(), and nest no tests.');
    ResourceTest.running = true;
    return new ResourceTest(hasPromises);
  }

  stop(): void {
    ResourceTest.running = false;
    this.open.stop();
    this.waits.stop();
    this.unhandled.stop();
  }

  helpers(given: RunHelpers): TestHelpers {
    const { scheduler, open, unhandled } = this;
    return {
      ...given,
      probe: (name: string, options = {}) => createProbe<never>(scheduler, name, options),
      expectLifecycle: (probe) => ({
        toBe: (diagrams, exits) => {
          const expected = readExpected(diagrams, exits);
          scheduler.whenCompared(() => assertLifecycle(probe, expected));
        },
      }),
      expectExit: (probe) => ({
        toBe: (exits: ExpectedExit | readonly ExpectedExit[], ...error: unknown[]) => {
          const all = (Array.isArray(exits) ? exits : [exits]) as readonly ExpectedExit[];
          const expected = error.length === 0 ? all : all.map((exit) => withError(exit, error[0]));
          scheduler.whenCompared(() => assertExits(probe, expected));
        },
      }),
      expectOpen: (at) => ({ toBe: (names) => open.expect(at, names) }),
      expectNothingOpen: (at) => open.expect(at, []),
      expectUnhandled: (...errors) => unhandled.expect(...errors),
    };
  }
}

function withError(exit: ExpectedExit, error: unknown): ExpectedExit {
  return exit === 'error' ? { kind: 'error', error } : exit;
}
