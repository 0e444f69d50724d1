import { Line } from '../../lib/concurrency/line.js';
import { Waiting } from '../../lib/concurrency/waiting.js';
import { Random } from '../../lib/testing/contracts/random.js';

describe('Line', () => {
  let time: number;
  let line: Line;

  beforeEach(() => {
    time = 0;
    line = new Line(Infinity, () => time);
  });

  const make = (priority = 0, count = 1): Waiting =>
    new Waiting({ left: (one) => line.leave(one) }, null, count, priority);
  const join = (priority = 0): Waiting => {
    const one = make(priority);
    line.join(one);
    return one;
  };
  /** Everybody in the order of being first. */
  const drain = (): Waiting[] => {
    const served: Waiting[] = [];
    for (let one = line.first(); one !== null; one = line.first()) {
      served.push(one);
      line.leave(one);
    }
    return served;
  };

  it('is empty when it is made', () => {
    expect(line.length).toBe(0);
    expect(line.first()).toBeNull();
    expect(line.all()).toEqual([]);
  });

  it('has those with the same priority in order of arrival', () => {
    const all = [join(), join(), join()];
    expect(line.length).toBe(3);
    expect(line.all()).toEqual(all);
    expect(drain()).toEqual(all);
    expect(line.length).toBe(0);
  });

  it('has those with a higher priority first, whatever came first', () => {
    const [low, none, high, more, alike] = [join(-1), join(0), join(7), join(0.5), join(7)];
    const order = [high, alike, more, none, low];
    expect(line.all()).toEqual(order);
    expect(drain()).toEqual(order);
  });

  it('does not change by being looked at', () => {
    const all = [join(), join(1)];
    line.first();
    line.first();
    expect(line.length).toBe(2);
    line.all().pop();
    expect(line.all()).toEqual([...all].reverse());
  });

  it.each([0, 1, 2])('may be left from any place: %p', (place) => {
    const all = [join(), join(), join()];
    const [left] = all.splice(place, 1);
    line.leave(left as Waiting);
    expect(line.length).toBe(2);
    expect(drain()).toEqual(all);
  });

  it('may be left twice, and by one who never joined', () => {
    const [a, b] = [join(), join()];
    line.leave(a);
    line.leave(a);
    line.leave(make());
    expect(line.length).toBe(1);
    expect(drain()).toEqual([b]);
  });

  it('may be joined again by one who has left: at the end', () => {
    const [a, b] = [join(), join()];
    line.leave(a);
    line.join(a);
    expect(drain()).toEqual([b, a]);
  });

  it('forgets who has left: nobody is reachable from it or from each other', () => {
    const all = [join(), join(3), join()];
    for (const one of [...all].reverse()) line.leave(one);
    for (const { row, ahead, behind } of all) expect([row, ahead, behind]).toEqual([null, null, null]);
    const [rows] = Object.values(line as unknown as Record<string, unknown>).filter(Array.isArray);
    expect(rows).toHaveLength(1); // priorities that are not in use any more take no room
  });

  it('keeps a priority that is in use', () => {
    const [low, high] = [join(1), join(2)];
    line.leave(high);
    const later = join(2);
    expect(drain()).toEqual([later, low]);
  });

  it('has as many rows as there are priorities', () => {
    for (let i = 0; i < 10; i++) join(i % 3);
    const [rows] = Object.values(line as unknown as Record<string, unknown>).filter(Array.isArray);
    expect(rows).toHaveLength(3);
  });

  describe('with aging', () => {
    beforeEach(() => {
      line = new Line(10, () => time);
    });

    const at = (moment: number, priority: number): Waiting => {
      time = moment;
      return join(priority);
    };

    it('counts so many milliseconds as one step of priority', () => {
      const [a, b, c, d] = [at(0, 0), at(5, 1), at(15, 1), at(16, 0)];
      expect(drain()).toEqual([b, a, c, d]);
    });

    it('has the higher priority first where both count as much', () => {
      const [low, high] = [at(0, 0), at(10, 1)];
      expect(drain()).toEqual([high, low]);
    });

    it('does not change with time: all of them grow older', () => {
      const all = [at(0, 0), at(5, 1), at(15, 1), at(30, 3)];
      time = 35;
      const early = line.first();
      time = 1_000_000;
      expect(line.first()).toBe(early);
      expect(drain()).toHaveLength(all.length);
    });

    it('lists them in the order in which it serves them', () => {
      at(0, 0);
      at(5, 1);
      at(20, 1);
      at(21, 0);
      const listed = line.all();
      expect(listed).toEqual(drain());
    });
  });

  it.each([Infinity, 10])('does as a sorted list does, in 20,000 random steps: aging %p', (aging) => {
    const dice = new Random(Number(process.env['FC_SEED'] ?? 20_261_121));
    line = new Line(aging, () => time);
    let model: Waiting[] = [];
    const arrivals = new Map<Waiting, number>();
    const rank = ({ priority, arrived }: Waiting): number => priority - (aging === Infinity ? 0 : arrived / aging);
    const before = (a: Waiting, b: Waiting): number =>
      rank(b) - rank(a) || b.priority - a.priority || (arrivals.get(a) ?? 0) - (arrivals.get(b) ?? 0);
    for (let step = 0; step < 20_000; step++) {
      time += dice.below(3) * 10; // whole steps, so that nothing is rounded
      if (dice.below(2) === 0) {
        const one = join(dice.below(4) - 2);
        arrivals.set(one, step);
        model = [...model, one].sort(before);
      } else if (model.length > 0) {
        const one = dice.below(3) === 0 ? dice.pick(model) : model[0];
        line.leave(one as Waiting);
        model = model.filter((other) => other !== one);
      }
      if (line.first() !== (model[0] ?? null) || line.length !== model.length)
        throw new Error(`wrong in step ${String(step)}`);
    }
    expect(drain()).toEqual(model);
  });
});
