import { Observable } from 'rxjs';

import { closeInReverse, ClosingMembers, closeTogether } from './close-members.js';
import { NOTHING, type Scope } from './engine/scope.js';
import { Entry, Members } from './enter-members.js';
import { leaf } from './leaf.js';
import { Resource } from './resource-class.js';

interface Options {
  readonly concurrent?: boolean;
  readonly concurrentRelease?: boolean;
}

/** Members as scopes of their own, which can be entered and released side by side. */
export function concurrently(
  name: string,
  sources: readonly Resource<unknown>[],
  options: Options,
): Resource<unknown[]> {
  const release = options.concurrentRelease === true ? closeTogether : closeInReverse;
  return new Resource(
    name,
    leaf({
      mode: 'outcome',
      interruptible: true,
      acquire: (scope) => enterMembers(sources, scope, options.concurrent === true),
      entered: (scope, token: Members) => {
        for (const holding of token.holdings) holding.owner = scope;
        return token.handles;
      },
      release: (token: Members, exit) => new ClosingMembers(token.holdings, exit, release),
    }),
  );
}

function enterMembers(
  sources: readonly Resource<unknown>[],
  scope: Scope,
  concurrent: boolean,
): Observable<Members | typeof NOTHING> {
  return new Observable((subscriber) => {
    const entry = new Entry(sources, scope, concurrent, {
      value: (token) => {
        subscriber.next(token as Members | typeof NOTHING);
        subscriber.complete();
      },
      error: (error) => {
        subscriber.error(error);
      },
    });
    subscriber.add(() => {
      entry.leave();
    });
    entry.proceed();
  });
}
