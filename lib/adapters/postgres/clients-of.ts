import { isObservable } from 'rxjs';

import { fromValue, type Resource } from '../../core/index.js';
import { kindOf } from '../../internal/check.js';

/** Where connections come from: one that is there, or a transaction on it; a resource of them; a pool, which lends them. */
export type ClientSource<Q> = Q | Resource<Q> | { readonly lease: Resource<Q> };

/** One for each scope. Refuses what is no source. */
export function clientsOf<Q extends object>(source: ClientSource<Q>, what: string): Resource<Q> {
  if (isObservable(source)) return source;
  const one: unknown = source;
  if (typeof one === 'object' && one !== null) {
    if ('lease' in one) return one.lease as Resource<Q>;
    if ('totalCount' in one) {
      throw new TypeError(
        `${what} expects a connection, received a pool of pg: its queries go to any of its connections. Pass fromPgPool(pool).`,
      );
    }
    if ('query' in one) return fromValue(one as Q);
  }
  throw new TypeError(`${what} expects a connection, or a resource or pool of them, received ${kindOf(one)}.`);
}
