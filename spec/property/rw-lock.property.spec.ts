/**
 * `rwLock` against a model: readers, writers and upgraders come, leave and go in any order; after every step the same ones
 * are inside.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';

import { rwLock, type RwLock, type Upgradable } from '../../lib/index.js';
import { Visitors, type Visitor } from '../support/visitors.js';
import { PATIENCE, parameters } from './support/parameters.js';

const kinds = ['read', 'write', 'upgradable', 'tryRead', 'tryWrite'] as const;
type Kind = (typeof kinds)[number];

interface Guest {
  readonly id: number;
  readonly kind: Kind;
}

/** What a read-write lock is: two lines and who is in. */
class Model {
  inside: Guest[] = [];
  /** Wait to be the one who may upgrade. */
  intents: Guest[] = [];
  intent: Guest | null = null;
  /** Wait to read or write. */
  line: Guest[] = [];
  upgrade: 'none' | 'waiting' | 'held' = 'none';

  come(guest: Guest): void {
    if (guest.kind.startsWith('try')) {
      if (this.line.length === 0 && this.upgrade !== 'waiting' && this.fits(guest)) this.inside.push(guest);
      return;
    }
    if (guest.kind !== 'upgradable') this.line.push(guest);
    else this.intents.push(guest);
    this.serve();
  }

  /** Leaves the line, or what it is in. */
  go(guest: Guest): void {
    this.intents = this.intents.filter((one) => one !== guest);
    this.line = this.line.filter((one) => one !== guest);
    this.inside = this.inside.filter((one) => one !== guest);
    if (this.intent === guest) this.upgrade = 'none';
    this.serve(); // the permit goes back before the intent does
    if (this.intent === guest) this.intent = null;
    this.serve();
  }

  wantUpgrade(): void {
    this.upgrade = 'waiting';
    this.serve();
  }

  endUpgrade(): void {
    this.upgrade = 'none';
    this.serve();
  }

  private serve(): void {
    if (this.intent === null && this.intents.length > 0) this.line.push((this.intent = this.intents.shift() as Guest));
    if (this.upgrade === 'waiting' && this.inside.length === 1) this.upgrade = 'held';
    if (this.upgrade === 'waiting') return;
    for (let first = this.line[0]; first !== undefined && this.fits(first); first = this.line[0]) {
      this.inside.push(first);
      this.line.shift();
    }
  }

  private fits({ kind }: Guest): boolean {
    const isWriting = this.upgrade === 'held' || this.inside.some((one) => /write/i.test(one.kind));
    return !isWriting && (!/write/i.test(kind) || this.inside.length === 0);
  }
}

/** The same with the real thing. */
class Real {
  readonly table: RwLock = rwLock();
  readonly visitors = new Visitors();
  readonly byId = new Map<number, Visitor>();
  upgrade: Visitor<void> | null = null;

  come({ id, kind }: Guest): void {
    this.byId.set(id, this.visitors.come<unknown>(this.table[kind], String(id)));
  }

  wantUpgrade(guest: Guest): void {
    const { upgrade } = this.byId.get(guest.id)?.handle as Upgradable;
    this.upgrade = this.visitors.come(upgrade, 'upgrade');
  }

  end(guest: Guest, way: number): void {
    const visitor = this.byId.get(guest.id);
    if (way % 3 === 0) visitor?.done();
    else if (way % 3 === 1) visitor?.fail(new Error('boom'));
    visitor?.leave();
  }
}

type Step = readonly [what: number, which: number];

function play(steps: readonly Step[]): void {
  const model = new Model();
  const real = new Real();
  const guests: Guest[] = [];
  const compare = (): void => {
    const { table, visitors } = real;
    const inside = visitors.are('inside').filter((name) => name !== 'upgrade');
    expect(inside).toEqual(model.inside.map(({ id }) => String(id)).sort((a, b) => Number(a) - Number(b)));
    expect(real.upgrade?.state ?? 'none').toBe({ none: 'none', waiting: 'waiting', held: 'inside' }[model.upgrade]);
    expect(table.waiting).toBe(model.line.length + model.intents.length + (model.upgrade === 'waiting' ? 1 : 0));
  };
  const pick = (from: readonly Guest[], which: number): Guest | undefined => from[which % from.length];
  const endUpgrade = (): void => {
    if (model.upgrade === 'none') return;
    real.upgrade?.leave();
    real.upgrade = null;
    model.endUpgrade();
  };
  for (const [what, which] of steps) {
    if (what < 5) {
      const guest = { id: guests.length, kind: kinds[what] as Kind };
      guests.push(guest);
      model.come(guest);
      real.come(guest);
    } else if (what < 7) {
      const guest = pick(what === 5 ? model.inside : [...model.line, ...model.intents], which);
      if (guest === undefined) continue;
      if (guest === model.intent) endUpgrade(); // as law 4 would have it
      model.go(guest);
      real.end(guest, which);
    } else if (model.upgrade !== 'none') {
      endUpgrade();
    } else if (model.intent !== null && model.inside.includes(model.intent)) {
      model.wantUpgrade();
      real.wantUpgrade(model.intent);
    }
    compare();
  }
  real.upgrade?.leave();
  for (const visitor of real.visitors.all) visitor.leave();
  expect(real.table).toMatchObject({ readers: 0, writing: false, waiting: 0 });
}

it(
  'lets in whom a simple model lets in, whoever comes, leaves and goes',
  () => {
    const step = fc.tuple(fc.nat(8), fc.nat(30));
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), play), parameters(600));
  },
  PATIENCE,
);
