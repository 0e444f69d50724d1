import { Subject, take, type SchedulerLike } from 'rxjs';

import { ClosedError, mapValue, resource, type Resource } from '../../core/index.js';
import { monotonicNow } from '../../internal/clock.js';
import type { Cut } from './cut.js';
import type { BeaconReport } from './lifespan-report.js';

interface Beacon {
  readonly name: string;
  readonly ended: Subject<unknown>;
  end: BeaconReport['end'];
  /** When it went; undefined as long as it shines. */
  goneAt: number | undefined;
}

/** Those who do something that the stop has to wait for. */
export class Beacons {
  private readonly shining = new Set<Beacon>();
  private readonly none = new Subject<void>();
  /** Those that the stop has found, or that came after it had begun; null before. */
  private found: Beacon[] | null = null;
  private isClosed = false;

  constructor(
    private readonly owner: string,
    private readonly scheduler: SchedulerLike,
  ) {}

  /** A scope that the stop waits for. */
  beacon(name: string): Resource<void> {
    return resource<Beacon>({
      name,
      acquire: () => this.begin(name),
      release: (beacon) => {
        this.gone(beacon);
      },
      lost: ({ ended }) => ended,
    }).pipe(mapValue(() => undefined));
  }

  /** The stop has begun: those that shine are kept in mind. */
  note(): void {
    this.found = [...this.shining];
  }

  /** Takes no more of them, and waits until all have gone; after `due` milliseconds it ends them. */
  async drain(cut: Cut<unknown>, due: number): Promise<void> {
    this.isClosed = true;
    if (this.shining.size === 0) return;
    if ((await cut.within(this.empty(), due)) === 'done') return;
    const reason = new ClosedError(`"${this.owner}" stops and does not wait any longer.`, { resource: this.owner });
    const ended = this.empty();
    for (const beacon of [...this.shining]) {
      beacon.end = 'ended';
      beacon.ended.next(reason);
    }
    if (this.shining.size > 0) await cut.within(ended);
  }

  report(since: number): BeaconReport[] {
    return (this.found ?? []).map(({ name, end, goneAt }) => {
      const took = (goneAt ?? monotonicNow(this.scheduler)) - since;
      return Object.freeze({ name, end: goneAt === undefined ? 'left' : end, took });
    });
  }

  private begin(name: string): Beacon {
    if (this.isClosed) {
      throw new ClosedError(`"${name}" was not begun: "${this.owner}" is stopping.`, { resource: name });
    }
    const beacon: Beacon = { name, ended: new Subject(), end: 'done', goneAt: undefined };
    this.shining.add(beacon);
    this.found?.push(beacon);
    return beacon;
  }

  private gone(beacon: Beacon): void {
    beacon.goneAt = monotonicNow(this.scheduler);
    this.shining.delete(beacon);
    if (this.shining.size === 0) this.none.next();
  }

  private empty(): Promise<void> {
    return new Promise((resolve) => {
      this.none.pipe(take(1)).subscribe(resolve);
    });
  }
}
