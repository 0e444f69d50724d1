/**
 * Trees of scopes whose acquires, bodies and releases are promises, resolved in any order.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';

import { faults } from './support/invariants.js';
import { PATIENCE, parameters } from './support/parameters.js';
import { playPromises, Ticks, type Haste } from './support/play-promises.js';
import { renderHappening } from './support/recorder.js';
import { isCalm, isHolding, trees } from './support/tree.js';

const haste: fc.Arbitrary<Haste> = fc.record({
  leaveAfter: fc.nat(8),
  stopAfter: fc.option(fc.integer({ min: 1, max: 3 })),
  watching: fc.boolean(),
  awaiting: fc.boolean(),
});

describe('a tree of scopes made of promises', () => {
  it(
    'keeps the laws that hold for any tree, in whatever order they resolve',
    async () => {
      const ticks = new Ticks();
      await fc.assert(
        fc.asyncProperty(
          trees({ parallel: true, promises: true }),
          haste,
          fc.scheduler({ act: ticks.act }),
          async (tree, how, scheduler) => {
            const played = await playPromises(tree, how, scheduler, ticks);
            const log = played.happenings.map(renderHappening);
            const broken = faults({
              ...played,
              awaiting: how.awaiting,
              calm: isCalm(tree),
              holding: isHolding(tree, how),
            });
            expect({ log, broken, left: played.left }).toEqual({ log, broken: [], left: [] });
          },
        ),
        parameters(1500),
      );
    },
    PATIENCE,
  );
});
