// Run by pool-process.spec.ts in a process of its own: leaves a pool open, and says whether that keeps the process alive.
import { NEVER, of } from 'rxjs';
import { pool, resource, using, type Pool, type PoolOptions } from '../../lib/index.js';

const [scenario = '', unref = ''] = process.argv.slice(2);

let isDown = false;
const handle = resource({
  name: 'handle',
  acquire: () => {
    if (isDown) throw new Error('down');
    return 1;
  },
});

function open(options: PoolOptions<number>): Pool<number> {
  let made: Pool<number> | null = null;
  pool(handle, { unref: unref === 'unref', ...options }).subscribe((one) => (made = one));
  return made as unknown as Pool<number>;
}

const scenarios: Record<string, () => void> = {
  idle: () => {
    const made = open({ min: 1, keepAlive: 60_000, validate: () => true });
    using(made.lease, () => of(1)).subscribe();
  },
  down: () => {
    isDown = true;
    open({ min: 1, backoff: { initial: 1_000 } });
  },
  'down for somebody': () => {
    isDown = true;
    const made = open({ backoff: { initial: 1_000 }, acquireTimeout: Infinity });
    for (let i = 0; i < 2; i++) using(made.lease, () => NEVER).subscribe({ error: () => undefined });
  },
  'somebody waits': () => {
    const made = open({ max: 1 });
    for (let i = 0; i < 2; i++) using(made.lease, () => NEVER).subscribe();
  },
  'somebody has waited': () => {
    const made = open({ max: 1 });
    for (let i = 0; i < 2; i++)
      using(made.lease, () => NEVER)
        .subscribe()
        .unsubscribe();
  },
  'somebody has left': () => {
    const made = open({ max: 1 });
    using(made.lease, () => NEVER).subscribe();
    using(made.lease, () => NEVER)
      .subscribe()
      .unsubscribe();
  },
  borrowed: () => {
    using(open({ leakAfter: 60_000 }).lease, () => NEVER).subscribe();
  },
};

scenarios[scenario]?.();
process.once('beforeExit', () => {
  process.stdout.write('ended by itself');
});
setImmediate(() => {
  if (!process.getActiveResourcesInfo().includes('Timeout')) return;
  process.stdout.write('kept alive');
  process.exit();
});
