import { throwError, type Observable } from 'rxjs';

const boom = (): Error => new Error('boom');

/** Every way in which what serves a connection or a request can fail, with `boom`. */
export const failingHandlers: [string, () => Observable<never> | Promise<never>][] = [
  [
    'throws',
    () => {
      throw boom();
    },
  ],
  ['answers with an observable that fails', () => throwError(boom)],
  ['rejects', () => Promise.reject(boom())],
];
