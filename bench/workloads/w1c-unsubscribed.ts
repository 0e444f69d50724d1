import { Effect } from 'effect';
import { defer, finalize, NEVER, Observable, using } from 'rxjs';
import type { Run, Workload } from '../measure/workload.js';
import { rxscope } from './library.js';
import { leaving } from './runs.js';
import { acquire, type Handle, type Held, hold, oneScope, release, use } from './scope.js';

const never = (handle: Handle): Observable<never> => {
  use(handle);
  return NEVER;
};

const byHand = (): Observable<never> =>
  new Observable(() => {
    const handle = acquire();
    use(handle);
    return () => release(handle);
  });

const byUsing = (): Observable<never> => using(hold, (held) => never((held as Held).handle));

const byFinalize = (): Observable<never> =>
  defer(() => {
    const handle = acquire();
    return never(handle).pipe(finalize(() => release(handle)));
  });

const byRxscope = (): Observable<never> => rxscope.using(rxscope.resource({ acquire, release }), never);

function effect(): Run {
  const program = Effect.acquireUseRelease(
    Effect.sync(acquire),
    (handle) => {
      use(handle);
      return Effect.never;
    },
    (handle) => Effect.sync(() => release(handle)),
  );
  return (operations) => {
    for (let i = 0; i < operations; i += 1) Effect.runFork(program).interruptUnsafe();
  };
}

export const workloads: readonly Workload[] = [
  {
    id: 'W1c',
    title: 'one synchronous scope, unsubscribed while held',
    kind: 'time',
    unit: 'scope',
    units: 1,
    work: oneScope,
    floor: { name: 'new Observable + teardown', prepare: () => leaving(byHand()) },
    variants: [
      { name: 'rxjs using', prepare: () => leaving(byUsing()) },
      { name: 'rxscope', prepare: () => leaving(byRxscope()) },
      { name: 'rxjs defer + finalize', prepare: () => leaving(byFinalize()) },
      { name: 'Effect', prepare: effect },
    ],
    goals: [{ variant: 'rxscope', against: 'rxjs using', atMost: 1.5 }],
  },
];
