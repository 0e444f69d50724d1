import { isObservable, map, Observable, Subject, tap } from 'rxjs';
import { andThen, resource, type AcquireContext, type Exit, type Pool, type Resource } from '../../lib/index.js';

/** What a pool under test lends, with all that has become of it. */
export class Handle {
  state: 'open' | 'closing' | 'closed' = 'open';
  /** How many have it just now. */
  users = 0;
  /** Emits when it dies by itself. */
  readonly lost = new Subject<unknown>();

  constructor(readonly id: number) {}
}

/** What making and destroying take: they answer, throw, reject, or wait. Nothing: done at once. */
export interface Work {
  create?(index: number, context: AcquireContext): unknown;
  destroy?(handle: Handle, exit: Exit): unknown;
}

/** Where the handles of a pool come from, and go to. It writes down whatever must not happen. */
export class Plant {
  readonly handles: Handle[] = [];
  readonly faults: string[] = [];
  /** How often one was to be made, how many are being made, and how many there are or were not destroyed yet. */
  creates = 0;
  making = 0;
  /** Being made, there, or being destroyed. */
  live = 0;
  most = 0;
  readonly resource: Resource<Handle>;

  constructor(
    /** How many there may be; at any time. */
    public limit: number,
    private readonly work: Work = {},
  ) {
    this.resource = resource<Handle>({
      name: 'handle',
      acquire: (context) => this.create(context) as Handle,
      release: (handle, exit) => this.destroy(handle, exit),
      lost: (handle) => handle.lost,
    });
  }

  /** Somebody has it now. `most`: how many may. */
  lent(handle: Handle, most = 1): void {
    if (handle.state !== 'open') this.faults.push(`handle ${handle.id} was lent when it was ${handle.state}`);
    if (++handle.users > most) this.faults.push(`handle ${handle.id} was lent to ${handle.users}`);
  }

  back(handle: Handle): void {
    handle.users--;
  }

  /** The same, under the eyes of the plant as long as it is held. */
  watched(source: Resource<Handle>, most = 1): Resource<Handle> {
    return source.pipe(
      andThen((handle) =>
        resource({
          name: 'borrower',
          acquire: () => {
            this.lent(handle, most);
            return handle;
          },
          release: () => {
            this.back(handle);
          },
        }),
      ),
    );
  }

  /** Whatever has to be over when the pool is closed, and is not. */
  get leftovers(): string[] {
    const open = this.handles.filter(({ state }) => state !== 'closed').map(({ id, state }) => `${id} is ${state}`);
    if (this.making > 0) open.push(`${this.making} are being made`);
    return open;
  }

  private create(context: AcquireContext): unknown {
    this.making++;
    this.most = Math.max(this.most, ++this.live);
    if (this.live > this.limit) this.faults.push(`there were ${this.live} of ${this.limit}`);
    const failed = (): void => {
      this.making--;
      this.live--;
    };
    return settled(
      () => this.work.create?.(this.creates++, context),
      () => {
        this.making--;
        const handle = new Handle(this.handles.length);
        this.handles.push(handle);
        return handle;
      },
      failed,
    );
  }

  private destroy(handle: Handle, exit: Exit): unknown {
    if (handle.state !== 'open') this.faults.push(`handle ${handle.id} was destroyed when it was ${handle.state}`);
    if (handle.users > 0) this.faults.push(`handle ${handle.id} was destroyed while it was lent`);
    handle.state = 'closing';
    const over = (): void => {
      handle.state = 'closed';
      this.live--;
    };
    return settled(() => this.work.destroy?.(handle, exit), over, over);
  }
}

/** Whatever of a pool is not as it always has to be. Holds whenever no call of it is under way. */
export function faultsOf(pool: Pool<Handle>, plant: Plant, checksLive = true): string[] {
  const { stats } = pool;
  const { total, idle, borrowed, creating, destroying, checking, waiting, leases } = stats;
  const { asked, direct, served, timedOut, left, refused, max } = stats;
  const figures = { total, idle, borrowed, creating, destroying, checking, waiting, leases };
  const faults = [...plant.faults];
  const claim = (isTrue: boolean, what: string): void => {
    if (!isTrue) faults.push(`${what}: ${JSON.stringify({ max, ...figures })}`);
  };
  claim(
    Object.values(figures).every((count) => count >= 0),
    'less than nothing',
  );
  claim(total <= plant.limit, 'more than there may be');
  claim(total === idle + borrowed + creating + destroying, 'the parts are not the whole');
  claim(checking <= idle, 'more are checked than idle');
  claim(pool.holders().length === leases && leases >= borrowed, 'the holders are not those who have borrowed');
  const sum = direct + served + timedOut + left + refused + waiting;
  if (asked !== sum) faults.push(`${asked} have asked, and it came out somehow for ${sum}`);
  if (checksLive && plant.live !== total) faults.push(`${plant.live} are there, and the pool counts ${total}`);
  return faults;
}

/** Runs `act`, and `done` or `failed` when it has come to its end: a value for what is made, the end for what is destroyed. */
function settled<T>(act: () => unknown, done: () => T, failed: () => void): unknown {
  let answer: unknown;
  try {
    answer = act();
  } catch (error) {
    failed();
    throw error;
  }
  if (isObservable(answer)) return done === failed ? ended(answer, failed) : made(answer, done, failed);
  if (!(answer instanceof Promise)) return done();
  return answer.then(done, (error: unknown) => {
    failed();
    throw error;
  });
}

function made<T>(source: Observable<unknown>, done: () => T, failed: () => void): Observable<T> {
  return source.pipe(tap({ error: failed }), map(done));
}

function ended(source: Observable<unknown>, over: () => void): Observable<unknown> {
  return source.pipe(tap({ complete: over, error: over }));
}
