import { LifecycleError } from './lifecycle-error.js';
import { readMarbles } from './marbles.js';
import { trackResources } from './track-resources.js';
import type { VirtualTime } from './virtual-time.js';
import type { Waits } from './waits.js';

/** What a test has opened, and what it says is open at some frame or at the end. */
export class OpenState {
  private readonly tracker = trackResources();
  private atEnd: readonly string[] = [];

  constructor(
    private readonly scheduler: VirtualTime,
    private readonly waits: Waits,
  ) {}

  /** Expects the scopes of these names to be open at the end of a frame; without one, at the end of the test. */
  expect(at: string | number | undefined, names: readonly string[]): void {
    if (at === undefined) {
      this.atEnd = names;
      return;
    }
    const frame = typeof at === 'number' ? at : readFrame(at);
    let open: readonly string[] = [];
    this.scheduler.atEndOf(frame, () => (open = this.names()));
    this.scheduler.whenCompared(() => {
      if (!isSame(open, names)) throw failure(`at the end of frame ${String(frame)}`, open, names);
    });
  }

  /** Fails where something else is open than the test says, and says what it waits for. */
  assertEnd(remedies: Readonly<Record<'waiting' | 'held', string>>): void {
    const { open } = this.tracker;
    if (isSame(this.names(), this.atEnd)) return;
    const left = open.filter(({ name }) => !this.atEnd.includes(name));
    const hints = [
      ...(left.some(({ state }) => state === 'held') ? [remedies.held] : []),
      ...(left.some(({ state }) => state !== 'held') ? [remedies.waiting, ...this.waits.hanging(this.atEnd)] : []),
    ];
    const described = open.map(({ name, state }) => `${name} (${state})`);
    throw failure('at the end of the test', described, this.atEnd, hints);
  }

  /** Whether the test says that it leaves nothing open. */
  get isClean(): boolean {
    return this.atEnd.length === 0;
  }

  stop(): void {
    this.tracker.stop();
  }

  private names(): readonly string[] {
    return this.tracker.open.map(({ name }) => name);
  }
}

/** The frame of the one mark in a diagram, as in `'--|'`. */
function readFrame(diagram: string): number {
  const [mark, ...others] = readMarbles(diagram, '^!|');
  if (mark === undefined || others.length > 0) {
    throw new TypeError(`Expected a diagram with one mark, as in "--|", received "${diagram}".`);
  }
  return mark.frame;
}

function isSame(open: readonly string[], names: readonly string[]): boolean {
  return open.length === names.length && open.every((name, index) => name === names[index]);
}

function failure(when: string, actual: readonly string[], expected: readonly string[], hints: readonly string[] = []) {
  const list = (names: readonly string[]): string => names.join(', ') || 'nothing';
  const lines = [
    `What is open ${when} differs.`,
    `  expected  ${list(expected)}`,
    `  actual    ${list(actual)}`,
    ...hints,
  ];
  return new LifecycleError(lines.join('\n'), { expected: list(expected), actual: list(actual) });
}
