import { named, releaseTimeout, type NamedOptions, type Resource } from '../../core/index.js';

/** A resource made of others, with the options that any resource can be given. */
export function namedAs<T>(made: Resource<T>, name: string, options: NamedOptions): Resource<T> {
  const own = made.pipe(named(options.name ?? name));
  return options.releaseTimeout === undefined
    ? own
    : own.pipe(releaseTimeout(options.releaseTimeout, options.scheduler));
}
