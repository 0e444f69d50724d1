import { Observable } from 'rxjs';

import { isNews, type Exit } from './engine/exit.js';
import { Closing, Holding } from './engine/holding.js';
import { type Leaf, NOTHING, type Scope } from './engine/scope.js';
import { rxLayer } from './layer.js';
import { leaf } from './leaf.js';
import { nodeOf, type Resource } from './resource-class.js';

/** A part of a scope: a holding and its handle, or word that it was entered to nothing. */
export type Entered = { readonly holding: Holding; readonly handle: unknown } | typeof NOTHING;

/**
 * Entering `resource` as a part of `scope`, as an observable, so that RxJS's own operators can put a limit on it or
 * try it again. Unsubscribing it before it has emitted leaves the part, by law 13.
 */
export function entering(resource: Resource<unknown>, scope: Scope): Observable<Entered> {
  const node = nodeOf(resource);
  return new Observable((subscriber) => {
    let handedOver = false;
    const hand = (part: Entered): void => {
      handedOver = true;
      subscriber.next(part);
      subscriber.complete();
    };
    const holding = new Holding(
      resource.name,
      false,
      scope.link,
      rxLayer,
      {
        entered: (handle) => {
          hand({ holding, handle });
        },
        ended: (outcome) => {
          if (handedOver) return; // closed by the scope it is a part of, which is told in another way
          if (outcome.kind === 'error') subscriber.error(outcome.error);
          else hand(NOTHING);
        },
      },
      scope,
    );
    subscriber.add(() => {
      if (!handedOver) holding.leave();
    });
    holding.open(node);
  });
}

/** A leaf whose token is a part: owned by the scope once entered, closed with its exit (laws 9 and 10). */
export function partLeaf(
  acquire: (scope: Scope) => Observable<Entered>,
  release: (holding: Holding, exit: Exit) => unknown = (holding, exit) => new Closing(holding, exit),
): Leaf {
  return leaf({
    mode: 'outcome',
    interruptible: true,
    acquire,
    entered: (scope, token: { readonly holding: Holding; readonly handle: unknown }) => {
      token.holding.owner = scope;
      return token.handle;
    },
    release: (token: { readonly holding: Holding }, exit) => release(token.holding, exit),
  });
}

/** The release of a part as an observable of its outcome. Who leaves it is no longer told; failures are reported. */
export function exiting(holding: Holding, exit: Exit): Observable<Exit> {
  return new Observable((subscriber) => {
    holding.close(exit, (outcome) => {
      if (!subscriber.closed) {
        subscriber.next(outcome);
        subscriber.complete();
      } else if (outcome.kind === 'error' && isNews(outcome, exit)) {
        rxLayer.report(outcome.error);
      }
    });
  });
}
