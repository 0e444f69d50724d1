import { Effect, type Fiber } from 'effect';
import { NEVER, Observable, type Subscription, using } from 'rxjs';
import type { Hold, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { acquire, hold, observer, release } from './scope.js';

function subscribing(source: Observable<never>): Hold {
  return { open: () => source.subscribe(observer), close: (held) => (held as Subscription).unsubscribe() };
}

const byHand = (): Observable<never> =>
  new Observable(() => {
    const handle = acquire();
    return () => release(handle);
  });

const byUsing = (): Observable<never> => using(hold, () => NEVER);

const byRxscope = (): Observable<never> => rxscope.using(rxscope.resource({ acquire, release }), () => NEVER);

function effect(): Hold {
  const program = Effect.acquireUseRelease(
    Effect.sync(acquire),
    () => Effect.never,
    (handle) => Effect.sync(() => release(handle)),
  );
  return { open: () => Effect.runFork(program), close: (held) => (held as Fiber.Fiber<never>).interruptUnsafe() };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W10h',
    title: 'memory per scope, 100,000 held open at once',
    kind: 'held',
    unit: 'bytes',
    scopes: 100_000,
    variants: [
      { name: 'new Observable + teardown', prepare: () => subscribing(byHand()) },
      { name: 'rxjs using', prepare: () => subscribing(byUsing()) },
      { name: 'rxscope', prepare: () => subscribing(byRxscope()) },
      { name: 'Effect', prepare: effect },
    ],
    goals: [{ variant: 'rxscope', atMost: 420 }],
  },
];
