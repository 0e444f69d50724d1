/**
 * Random trees of scopes in virtual time, left in every frame.
 *
 * Trees of the sequential language (`concat`, nested `using`, `catchError`, `take` and `awaitRelease`, composed
 * resources) are compared, line by line, with a model that follows the laws. Any tree, `merge`, `switchMap` and parallel
 * entering and releasing included, is judged by the laws that hold whatever the order.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';

import { settled, type Exit } from '../../lib/index.js';
import type { Member, Position } from './support/build.js';
import { Failure } from './support/failure.js';
import { faults } from './support/invariants.js';
import { follow, type Course } from './support/model.js';
import { PATIENCE, parameters } from './support/parameters.js';
import { play, renderUnhandled, type Consumption } from './support/play.js';
import { renderHappening, type Kind } from './support/recorder.js';
import { isCalm, isHolding, trees, type Delay, type Leaving, type Res, type Tree } from './support/tree.js';

/** What the model does not tell, or tells in another way. */
const UNFORESEEN: ReadonlySet<Kind> = new Set<Kind>(['abort', 'building', 'built']);

const COMPLETE: Exit = { kind: 'complete' };
const UNSUBSCRIBE: Exit = { kind: 'unsubscribe' };

/** A happening in short: frame, kind, whose, and what it was told or failed with. */
type Line = readonly [at: number, kind: Kind, who: string, told?: Exit | Failure];

type Seen = Pick<Course, 'log' | 'unhandled'> & { readonly left: readonly string[] };

function seen(tree: Tree, consumption: Consumption): Seen {
  const { happenings, unhandled, left } = play(tree, consumption);
  const log = happenings.filter(({ kind }) => !UNFORESEEN.has(kind)).map(renderHappening);
  return { log, unhandled: renderUnhandled(unhandled), left };
}

function foreseen(tree: Tree, { leaveAt, stopAfter }: Consumption): Seen {
  const { log, unhandled } = follow(tree, leaveAt, stopAfter);
  return { log, unhandled, left: [] };
}

function aborts(tree: Tree, consumption: Consumption, deaf: readonly string[]): string[] {
  return play(tree, consumption)
    .happenings.filter(({ kind, who }) => kind === 'abort' && !deaf.includes(who))
    .map(({ at, who }) => `${String(at)} ${who}`)
    .sort();
}

/** Every frame in which a consumer can leave a tree, and never where it ends by itself. */
function leavings(tree: Tree, stopAfter: number | null): (number | null)[] {
  const { end, endless } = follow(tree, null, stopAfter);
  return [...(endless ? [] : [null]), ...Array(end + 2).keys()];
}

/** Every frame up to the last in which something happens, and one after; a tree may have to be left to end. */
function frames(tree: Tree, consumption: Consumption): (number | null)[] {
  const { happenings, left } = play(tree, { ...consumption, leaveAt: 40 });
  const last = happenings.filter(({ at }) => at < 40).at(-1)?.at ?? 0;
  const endless = left.length > 0 || happenings.some(({ kind }) => kind === 'unsubscribe');
  return [...(endless ? [] : [null]), ...Array(last + 2).keys()];
}

const stopAfter = fc.option(fc.integer({ min: 1, max: 3 }));

describe('a tree of scopes', () => {
  it(
    'runs as the laws say, whenever the consumer leaves',
    () => {
      fc.assert(
        fc.property(trees({ parallel: false }), stopAfter, fc.boolean(), (tree, stopAfter, awaiting) => {
          for (const leaveAt of leavings(tree, stopAfter)) {
            const consumption = { leaveAt, stopAfter, awaiting, watching: false };
            expect({ leaveAt, ...seen(tree, consumption) }).toEqual({ leaveAt, ...foreseen(tree, consumption) });
          }
        }),
        parameters(1500),
      );
    },
    PATIENCE,
  );

  it(
    'keeps the laws that hold for any tree, whenever the consumer leaves',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          trees({ parallel: true }),
          stopAfter,
          fc.boolean(),
          fc.boolean(),
          async (tree, stopAfter, awaiting, watching) => {
            for (const leaveAt of frames(tree, { leaveAt: null, stopAfter, awaiting, watching })) {
              const played = play(tree, { leaveAt, stopAfter, awaiting, watching });
              const log = played.happenings.map(renderHappening);
              const broken = faults({
                ...played,
                awaiting,
                calm: isCalm(tree),
                holding: isHolding(tree, { awaiting, watching }),
              });
              expect({ leaveAt, log, broken, left: played.left }).toEqual({ leaveAt, log, broken: [], left: [] });
              await settled();
            }
          },
        ),
        parameters(1000),
      );
    },
    PATIENCE,
  );

  it(
    'aborts the signals of what is acquired or held, at once',
    () => {
      fc.assert(
        fc.property(trees({ parallel: false }), stopAfter, (tree, stopAfter) => {
          for (const leaveAt of leavings(tree, stopAfter)) {
            const consumption = { leaveAt, stopAfter, awaiting: false, watching: false };
            const { aborts: expected, deaf } = follow(tree, leaveAt, stopAfter);
            expect({ leaveAt, aborts: aborts(tree, consumption, deaf) }).toEqual({ leaveAt, aborts: expected });
          }
        }),
        parameters(1000),
      );
    },
    PATIENCE,
  );
});

describe('the oracle', () => {
  const member = (scope: string, ...position: Position[]): Member => ({ scope, position, suppresses: false });
  const at = (kind: Res['kind'], index: number): Position => ({ composer: '0r', kind, index });
  const members = new Map([
    ['0r0', member('0', at('all', 0))],
    ['0r1', member('0', at('all', 1))],
    ['0br', member('0b')],
    ['0t0', member('0', at('together', 2), at('together', 0))],
    ['0t1', member('0', at('together', 2), at('together', 1))],
  ]);
  const body = new Failure('body:0b');
  const release = new Failure('release:0br');
  const judge = (lines: readonly Line[], unhandled: readonly unknown[] = []): string[] =>
    faults({
      happenings: lines.map(([at, kind, who, told]) => ({
        at,
        kind,
        who,
        exit: told === undefined || told instanceof Failure ? null : told,
        ...(told instanceof Failure ? { error: told } : {}),
      })),
      unhandled,
      members,
      awaiting: true,
      calm: true,
      holding: false,
    });

  it('accepts a good course', () => {
    const lines: Line[] = [
      [0, 'acquire', '0r0'],
      [1, 'acquired', '0r0'],
      [1, 'begin', '0'],
      [1, 'acquire', '0br'],
      [2, 'acquired', '0br'],
      [2, 'next', 'x'],
      [2, 'value', '0'],
      [3, 'unsubscribe', '0'],
      [3, 'gone', '0'],
      [3, 'release', '0br', UNSUBSCRIBE],
      [4, 'failed', '0br', release],
      [4, 'release', '0r0', { kind: 'error', error: release }],
      [5, 'released', '0r0'],
    ];
    expect(judge(lines, [release])).toEqual([]);
  });

  it.each<[string, readonly Line[]]>([
    [
      'law 1: 0br was released 0 times',
      [
        [0, 'acquire', '0br'],
        [0, 'acquired', '0br'],
        [1, 'complete', '0'],
      ],
    ],
    [
      'law 1: 0br was released 2 times',
      [
        [0, 'acquired', '0br'],
        [1, 'release', '0br', COMPLETE],
        [1, 'released', '0br'],
        [2, 'release', '0br', COMPLETE],
        [2, 'released', '0br'],
      ],
    ],
    [
      'law 2: the body of 0 emitted after its release began',
      [
        [0, 'acquired', '0r0'],
        [0, 'begin', '0'],
        [1, 'release', '0r0', COMPLETE],
        [1, 'value', '0'],
      ],
    ],
    [
      'law 2: 0r0 was released while the body of 0 was not torn down',
      [
        [0, 'acquired', '0r0'],
        [0, 'begin', '0'],
        [1, 'release', '0r0', COMPLETE],
      ],
    ],
    [
      'law 3: 0b ended before 0br',
      [
        [0, 'acquired', '0br'],
        [1, 'over', '0b', COMPLETE],
        [1, 'release', '0br', COMPLETE],
        [2, 'released', '0br'],
      ],
    ],
    [
      'law 4: 0r0 was released before 0br was over',
      [
        [0, 'acquired', '0r0'],
        [0, 'acquired', '0br'],
        [1, 'release', '0br', UNSUBSCRIBE],
        [1, 'release', '0r0', UNSUBSCRIBE],
        [2, 'released', '0br'],
      ],
    ],
    [
      'law 4: 0r0 was released before 0r1 was over',
      [
        [0, 'acquired', '0r0'],
        [0, 'acquire', '0r1'],
        [1, 'release', '0r0', UNSUBSCRIBE],
        [2, 'acquired', '0r1'],
      ],
    ],
    [
      'law 4: the release of 0t0 began before that of 0t1',
      [
        [0, 'acquired', '0t0'],
        [0, 'acquired', '0t1'],
        [1, 'release', '0t0', COMPLETE],
        [1, 'release', '0t1', COMPLETE],
      ],
    ],
    [
      'law 7: 0br was told complete, though the body ended with unsubscribe',
      [
        [0, 'acquired', '0br'],
        [0, 'begin', '0b'],
        [1, 'release', '0br', COMPLETE],
      ],
    ],
    [
      'law 7: 0br was told body:0b, which nobody raised',
      [
        [0, 'acquired', '0br'],
        [1, 'release', '0br', { kind: 'error', error: body }],
      ],
    ],
    [
      'law 12: 0br was not released in frame 1',
      [
        [0, 'acquired', '0br'],
        [1, 'unsubscribe', '0'],
        [2, 'release', '0br', UNSUBSCRIBE],
        [2, 'released', '0br'],
      ],
    ],
    [
      'law 12: release:0br was told nobody',
      [
        [0, 'acquired', '0br'],
        [1, 'release', '0br', COMPLETE],
        [1, 'failed', '0br', release],
        [1, 'complete', '0'],
      ],
    ],
    [
      'law 14: 2 complete 0 came after unsubscribe',
      [
        [1, 'unsubscribe', '0'],
        [2, 'complete', '0'],
      ],
    ],
    [
      'law 16: the end came before 0br was released',
      [
        [0, 'acquired', '0br'],
        [1, 'complete', '0'],
        [1, 'release', '0br', COMPLETE],
        [2, 'released', '0br'],
      ],
    ],
  ])('finds: %s', (fault, lines) => {
    expect(judge(lines)).toContain(fault);
  });

  it('finds a failure that is told twice', () => {
    const lines: Line[] = [
      [0, 'acquired', '0br'],
      [1, 'release', '0br', COMPLETE],
      [1, 'failed', '0br', release],
      [1, 'error', '0', release],
    ];
    expect(judge(lines)).toEqual([]);
    expect(judge(lines, [release])).toEqual(['law 12: release:0br was told 2 times']);
  });

  it('foresees the frames of a tree', () => {
    const leaf = (acquire: Delay, leaving: Leaving): Res => ({
      kind: 'leaf',
      acquire,
      entering: 'abortable',
      refuses: false,
      form: 'release',
      suppresses: false,
      leaving,
    });
    const tree: Tree = {
      kind: 'using',
      resource: { kind: 'all', parts: [leaf(1, { delay: 2, fails: 'no' }), leaf('sync', { delay: 1, fails: 'own' })] },
      body: { kind: 'body', values: 0, marbles: '-a-', end: 'error' },
    };
    const entering = ['0 acquire 0r0', '1 acquired 0r0', '1 acquire 0r1', '1 acquired 0r1', '2 next 0b'];
    expect(follow(tree, null, null)).toMatchObject({
      log: [
        ...entering,
        '4 raised 0b body:0b',
        '4 release 0r1 error body:0b',
        '5 failed 0r1 release:0r1',
        '5 release 0r0 error S(release:0r1, body:0b)',
        '7 released 0r0',
        '7 error 0 S(release:0r1, body:0b)',
      ],
      aborts: [],
      unhandled: [],
      end: 7,
    });
    expect(follow(tree, 3, null)).toMatchObject({
      log: [
        ...entering,
        '3 unsubscribe 0',
        '3 release 0r1 unsubscribe',
        '4 failed 0r1 release:0r1',
        '4 release 0r0 error release:0r1',
        '6 released 0r0',
      ],
      aborts: ['3 0r0', '3 0r1'],
      unhandled: ['release:0r1'],
      end: 6,
    });
    expect(follow(tree, 1, null)).toMatchObject({ log: ['0 acquire 0r0', '1 unsubscribe 0', '1 aborted 0r0'] });
  });
});
