import { andThen, mapValue, onExit, resource, type Resource } from 'rxscope';
import { duration, say } from './output.js';

/** When one scope was asked for, was entered and was left. */
class Stopwatch {
  private readonly asked = performance.now();
  private entered: number | undefined;
  private left = this.asked;

  enter(): string {
    this.entered = performance.now();
    return duration(this.entered - this.asked);
  }

  leave(): void {
    this.left = performance.now();
  }

  /** How long it was held; undefined where it was left before it had opened. */
  get held(): string | undefined {
    return this.entered === undefined ? undefined : duration(this.left - this.entered);
  }

  get closing(): string {
    return duration(performance.now() - this.left);
  }
}

/**
 * Prints when a resource has opened and has closed, and how long it took.
 *
 * An operator of one's own needs no inside knowledge: this one is a chain of public ones. Each scope gets a stopwatch
 * first, and as its innermost part something whose release marks the moment in which the actual release begins.
 */
export function announced(name: string): <T>(source: Resource<T>) => Resource<T> {
  const stopwatch = resource({ acquire: () => new Stopwatch() });
  return <T>(source: Resource<T>) =>
    stopwatch.pipe(
      andThen((watch) =>
        source.pipe(
          mapValue((value) => {
            say(`opened ${name} in ${watch.enter()}`);
            return value;
          }),
          onExit(({ kind }) => {
            if (watch.held === undefined) say(`gave up ${name}, which was just opening`);
            else say(`closed ${name} in ${watch.closing}, held for ${watch.held}: ${kind}`);
          }),
          andThen((value) =>
            resource({
              acquire: () => value,
              release: () => {
                watch.leave();
              },
            }),
          ),
        ),
      ),
    );
}
