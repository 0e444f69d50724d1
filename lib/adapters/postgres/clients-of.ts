import { isObservable } from 'rxjs';

import { fromValue, type Resource } from '../../core/index.js';
import { kindOf } from '../../internal/check.js';
import { isObject } from './is-object.js';

/** Where connections come from: one that is there, or a transaction on it; a resource of them; a pool, which lends them. */
export type ClientSource<Q> = Q | Resource<Q> | { readonly lease: Resource<Q> };

/** One for each scope. Refuses what is no source. */
export function clientsOf<Q extends object>(source: ClientSource<Q>, what: string): Resource<Q> {
  return lentBy(source, `${what} expects`, 'a connection, or a resource or pool of them') ?? fromValue(source as Q);
}

/** What lends one for each scope; null where the source is one that is there. `expects` and `kinds` are for the refusal. */
export function lentBy<Q extends object>(source: ClientSource<Q>, expects: string, kinds: string): Resource<Q> | null {
  if (isObservable(source)) return source;
  const one: unknown = source;
  if (isObject(one)) {
    if ('lease' in one) return one.lease as Resource<Q>;
    if ('totalCount' in one) {
      throw new TypeError(
        `${expects} a connection, received a pool of pg: its queries go to any of its connections. Pass fromPgPool(pool).`,
      );
    }
    if ('query' in one) return null;
  }
  throw new TypeError(`${expects} ${kinds}, received ${kindOf(one)}.`);
}
