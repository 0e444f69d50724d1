/**
 * `switchResource` over a source with random gaps, resources with random durations, and a consumer that leaves in every
 * frame.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';
import { concat, config, defer, EMPTY, map, NEVER, of, throwError, timer, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { awaitRelease, openResources, resource, switchResource, type Exit, type Resource } from '../../lib/index.js';
import { Failure, failuresIn, renderExit } from './support/failure.js';
import { isolate } from './support/isolate.js';
import { PATIENCE, parameters } from './support/parameters.js';

/** One value of the source, and the resource it stands for. */
interface Turn {
  readonly gap: number | 'sync';
  readonly acquire: number | 'sync';
  readonly refuses: boolean;
  readonly release: number | 'sync';
  readonly fails: boolean;
}

interface Plan {
  readonly turns: readonly Turn[];
  readonly end: 'complete' | 'error' | 'never';
  readonly overlap: boolean;
  readonly awaiting: boolean;
}

interface Line {
  readonly at: number;
  readonly kind:
    'turn' | 'acquire' | 'acquired' | 'refused' | 'release' | 'over' | 'next' | 'error' | 'complete' | 'leave';
  readonly turn: number;
  readonly exit?: Exit;
}

interface Outcome {
  readonly lines: readonly Line[];
  /** What the consumer was told and what was reported, as failures. */
  readonly told: readonly Failure[];
  readonly raised: readonly Failure[];
  readonly open: number;
}

const frames = fc.constantFrom<(number | 'sync')[]>('sync', 0, 1, 2, 3, 4);

const seldom = fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 });

const plans: fc.Arbitrary<Plan> = fc.record({
  turns: fc.array(fc.record({ gap: frames, acquire: frames, refuses: seldom, release: frames, fails: seldom }), {
    maxLength: 5,
  }),
  end: fc.constantFrom<Plan['end'][]>('complete', 'error', 'never'),
  overlap: fc.boolean(),
  awaiting: fc.boolean(),
});

function perform(plan: Plan, leaveAt: number): Outcome {
  isolate();
  const lines: Line[] = [];
  const raised: Failure[] = [];
  const told: unknown[] = [];
  const scheduler = new TestScheduler(() => undefined);
  const tell = (kind: Line['kind'], turn: number, exit?: Exit): void => {
    lines.push({ at: scheduler.frame, kind, turn, ...(exit === undefined ? {} : { exit }) });
  };
  const raise = (label: string): Failure => {
    const failure = new Failure(label);
    raised.push(failure);
    return failure;
  };
  const after = <T>(delay: number | 'sync', act: () => T): T | Observable<T> =>
    delay === 'sync' ? act() : timer(delay, scheduler).pipe(map(act));
  const turnOf = ({ acquire, refuses, release, fails }: Turn, turn: number): Resource<number> =>
    resource({
      name: String(turn),
      acquire: () => {
        tell('acquire', turn);
        return after(acquire, () => {
          tell(refuses ? 'refused' : 'acquired', turn);
          if (refuses) throw raise(`acquire:${String(turn)}`);
          return turn;
        });
      },
      release: (_, exit) => {
        tell('release', turn, exit);
        return after(release, () => {
          tell('over', turn);
          if (fails) throw raise(`release:${String(turn)}`);
        });
      },
    });
  const source = concat(
    ...plan.turns.map(({ gap }, turn) =>
      defer(() => (gap === 'sync' ? of(turn) : timer(gap, scheduler).pipe(map(() => turn)))),
    ),
    { complete: EMPTY, never: NEVER, error: throwError(() => raise('source')) }[plan.end],
  ).pipe(
    map((turn) => {
      tell('turn', turn);
      return turn;
    }),
  );
  const previous = config.onUnhandledError;
  config.onUnhandledError = (error) => told.push(error);
  scheduler.run(({ flush }) => {
    const switched = source.pipe(
      switchResource((turn) => turnOf(plan.turns[turn] as Turn, turn), { overlap: plan.overlap }),
    );
    scheduler.schedule(() => {
      const subscription = (plan.awaiting ? switched.pipe(awaitRelease()) : switched).subscribe({
        next: (turn) => tell('next', turn),
        error: (error: unknown) => {
          told.push(error);
          tell('error', -1);
        },
        complete: () => tell('complete', -1),
      });
      scheduler.schedule(() => {
        if (!subscription.closed) tell('leave', -1);
        subscription.unsubscribe();
      }, leaveAt);
    });
    flush();
  });
  config.onUnhandledError = previous;
  return { lines, raised, told: told.flatMap(failuresIn), open: openResources().length };
}

/** What is wrong with a course of things; empty is good. */
function faults({ overlap }: Plan, { lines, told, raised, open }: Outcome): string[] {
  const broken: string[] = [];
  const alive = new Set<number>();
  const emitted: number[] = [];
  let latest = -1;
  let ended: Line | null = null;
  for (const line of lines) {
    const { kind, turn } = line;
    if (kind === 'turn') latest = turn;
    if (kind === 'acquire') {
      alive.add(turn);
      if (turn !== latest) broken.push(`${String(turn)} is entered, though ${String(latest)} has come`);
      if (!overlap && alive.size > 1) broken.push(`two at a time: ${[...alive].join(', ')}`);
    }
    if (kind === 'refused' || kind === 'over') alive.delete(turn);
    if (kind === 'next') {
      if (turn !== latest) broken.push(`${String(turn)} is emitted, though ${String(latest)} has come`);
      emitted.push(turn);
    }
    if (ended !== null && (kind === 'next' || kind === 'error' || kind === 'complete')) {
      broken.push(`${kind} after ${ended.kind}`);
    }
    if (kind === 'complete' && alive.size > 0) broken.push(`complete while ${[...alive].join(', ')} is open`);
    if (kind === 'error' && alive.size > 0) broken.push(`error while ${[...alive].join(', ')} is open`);
    if (kind === 'error' || kind === 'complete' || kind === 'leave') ended ??= line;
    if (kind === 'release' && line.exit?.kind === 'complete') broken.push(`${String(turn)} was told complete`);
    if (kind === 'release' && line.exit?.kind === 'unsubscribe' && ended === null && turn === latest) {
      broken.push(`${String(turn)}, the latest, was told unsubscribe before anybody left`);
    }
  }
  const count = (kind: Line['kind'], turn: number): number =>
    lines.filter((line) => line.kind === kind && line.turn === turn).length;
  for (const { kind, turn } of lines) {
    if (kind === 'acquired' && (count('release', turn) !== 1 || count('over', turn) !== 1)) {
      broken.push(`${String(turn)} was released ${String(count('release', turn))} times`);
    }
  }
  const last = lines.filter(({ kind }) => kind === 'turn').at(-1);
  const isQuiet = ended?.kind === 'leave' && raised.length === 0;
  if (isQuiet && last !== undefined && count('acquired', last.turn) > 0 && count('next', last.turn) === 0) {
    const acquired = lines.findIndex(({ kind, turn }) => kind === 'acquired' && turn === last.turn);
    if (acquired < lines.indexOf(ended as Line)) broken.push(`${String(last.turn)}, the latest, was never emitted`);
  }
  for (const failure of raised) {
    const times = told.filter((one) => one === failure).length;
    const mayBeDropped = failure.label === 'source' || failure.label.startsWith('acquire') || isShown(failure, lines);
    if (times > 1) broken.push(`${failure.label} was told ${String(times)} times`);
    if (times === 0 && !(mayBeDropped && ended?.kind === 'leave')) broken.push(`${failure.label} was told nobody`);
  }
  if (open > 0) broken.push('something is open');
  return broken;
}

/** Whether a failure had become the stream's own error, which is dropped where the consumer leaves (law 14). */
function isShown(failure: Failure, lines: readonly Line[]): boolean {
  return lines.some(({ exit }) => exit?.kind === 'error' && failuresIn(exit.error).includes(failure));
}

function render({ at, kind, turn, exit }: Line): string {
  return `${String(at)} ${kind} ${String(turn)} ${exit === undefined ? '' : renderExit(exit)}`.trim();
}

describe('switchResource', () => {
  it(
    'holds the latest only, one at a time unless they may overlap, and releases all',
    () => {
      fc.assert(
        fc.property(plans, (plan) => {
          const { lines } = perform(plan, 60);
          const last = lines.filter(({ at }) => at < 60).at(-1)?.at ?? 0;
          for (let leaveAt = 0; leaveAt <= last + 1; leaveAt++) {
            const outcome = perform(plan, leaveAt);
            const course = outcome.lines.map(render);
            expect({ leaveAt, course, faults: faults(plan, outcome) }).toEqual({ leaveAt, course, faults: [] });
          }
        }),
        parameters(800),
      );
    },
    PATIENCE,
  );

  describe('judged by its faults', () => {
    const plan: Plan = { turns: [], end: 'never', overlap: false, awaiting: false };
    const line = (text: string): Line => {
      const [at, kind, turn, exit] = text.split(' ');
      return {
        at: Number(at),
        kind: kind as Line['kind'],
        turn: Number(turn),
        ...(exit === undefined ? {} : { exit: { kind: exit as 'complete' } }),
      };
    };
    const judge = (...texts: string[]): string[] =>
      faults(plan, { lines: texts.map(line), told: [], raised: [], open: 0 });

    it('finds nothing wrong with a good course', () => {
      const first = [
        '0 turn 0',
        '0 acquire 0',
        '0 acquired 0',
        '0 next 0',
        '1 turn 1',
        '1 release 0 unsubscribe',
        '2 over 0',
      ];
      const second = ['2 acquire 1', '2 acquired 1', '2 next 1', '3 leave -1', '3 release 1 unsubscribe', '3 over 1'];
      expect(judge(...first, ...second)).toEqual([]);
    });

    it.each([
      ['two at a time: 0, 1', ['0 turn 0', '0 acquire 0', '1 turn 1', '1 acquire 1']],
      ['0 was released 0 times', ['0 turn 0', '0 acquire 0', '0 acquired 0', '0 leave -1']],
      ['0 is emitted, though 1 has come', ['0 turn 0', '0 turn 1', '0 next 0']],
      ['next after complete', ['0 turn 0', '0 complete -1', '0 next 0']],
    ])('finds: %s', (fault, course) => {
      expect(judge(...course)).toContain(fault);
    });
  });
});
