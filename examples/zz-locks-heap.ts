import { keyedMutex, mutex } from '/work/main/lib/index.js';
import { Permits } from '/work/main/lib/concurrency/permits.js';
import { permitResource } from '/work/main/lib/concurrency/permit-leaf.js';
import { Line } from '/work/main/lib/concurrency/line.js';
const run = (name: string, step: (i: number) => void): void => {
  for (let i = 0; i < 20_000; i++) step(i);
  const t = process.cpuUsage();
  for (let i = 0; i < 300_000; i++) step(i + 20_000);
  console.log(name, (process.cpuUsage(t).user/300_000).toFixed(2), 'us');
};
const now = () => 0;
const km = keyedMutex<number>(); const one = km.lock(1); const m = mutex();
const o = { name: 'x', total: 1, aging: Infinity, reentrant: false, now };
const held = km.lock(5).subscribe();
for (let k = 0; k < 2; k++) {
run('mutex', () => m.lock.subscribe().unsubscribe());
run('new Permits', () => new Permits(o));
run('new Line', () => new Line(Infinity, now));
run('permitResource', () => permitResource('x', m.permits, 1));
run('lock()', (i) => km.lock(i));
run('one lock', (i) => one.subscribe().unsubscribe());
run('keyedMutex', (i) => km.lock(i).subscribe().unsubscribe());
}
held.unsubscribe();
