import type { AcquireContext } from './acquire-context.js';
import { ScopeContext } from './acquire-context.js';
import { GeneratorProtocolError, UnsubscribedError } from './engine/errors.js';
import { afterFailure, causedBy, COMPLETE, type Exit } from './engine/exit.js';
import type { Leaf, Scope } from './engine/scope.js';
import { leaf } from './leaf.js';
import { isPromise } from './observable-input.js';

type AnyGenerator<T> = AsyncGenerator<T, unknown, unknown> | Generator<T, unknown, unknown>;

/** A resource written as a generator function: enter, `yield` the handle, exit (laws 22 to 25). */
export type ResourceBody<T> = (context: AcquireContext) => AnyGenerator<T>;

export function generatorLeaf<T>(body: ResourceBody<T>, name: string): Leaf {
  return leaf({
    mode: 'outcome',
    name,
    renamed: (other) => generatorLeaf(body, other),
    acquire: (scope) => start(body, scope, name),
    entered: (_scope, token: Started<T>) => token.handle,
    release: (token: Started<T>, exit) => token.release(exit),
  });
}

function start<T>(body: ResourceBody<T>, scope: Scope, name: string): Started<T> | PromiseLike<Started<T>> {
  const generator = body(new ScopeContext(scope));
  if (typeof (generator as Partial<AnyGenerator<T>> | null | undefined)?.next !== 'function') {
    throw new TypeError(`The body of "${name}" has to be a generator function (function* or async function*).`);
  }
  const held = (step: IteratorResult<T, unknown>): Started<T> => {
    if (step.done !== true) return new Started(generator, step.value, scope, name);
    throw new GeneratorProtocolError(`The generator of "${name}" ended without yielding a handle.`, { resource: name });
  };
  const step = generator.next();
  return isPromise<IteratorResult<T, unknown>>(step) ? step.then(held) : held(step);
}

/** A generator that stands at its `yield`. */
class Started<T> {
  constructor(
    private readonly generator: AnyGenerator<T>,
    readonly handle: T,
    private readonly scope: Scope,
    private readonly name: string,
  ) {}

  release(exit: Exit): Exit | PromiseLike<Exit> {
    const thrown = this.thrownFor(exit);
    const { generator } = this;
    try {
      const step = thrown === null ? generator.next() : generator.throw(thrown.error);
      if (!isPromise<IteratorResult<T, unknown>>(step)) return this.finished(exit, step);
      return step.then(
        (last) => this.finished(exit, last),
        (error: unknown) => escaped(exit, thrown, error),
      );
    } catch (error) {
      return escaped(exit, thrown, error);
    }
  }

  /** Law 24: leaving is thrown in as well, so that code meant for success does not run. */
  private thrownFor(exit: Exit): { readonly error: unknown } | null {
    if (exit.kind === 'complete') return null;
    if (exit.kind === 'error') return exit;
    const reason: unknown = this.scope.more?.controller?.signal.reason;
    if (reason instanceof UnsubscribedError) return { error: reason };
    return { error: new UnsubscribedError(`"${this.name}" was unsubscribed.`, { resource: this.name }) };
  }

  private finished(exit: Exit, step: IteratorResult<T, unknown>): Exit | PromiseLike<Exit> {
    // Caught and finished: suppressed. Who was unsubscribed stays that.
    if (step.done === true) return exit.kind === 'error' ? COMPLETE : exit;
    const outcome = afterFailure(
      exit,
      new GeneratorProtocolError(`The generator of "${this.name}" yielded a second time.`, { resource: this.name }),
    );
    try {
      const closed = this.generator.return(undefined);
      if (!isPromise(closed)) return outcome;
      return closed.then(
        () => outcome,
        (error: unknown) => afterFailure(outcome, error),
      );
    } catch (error) {
      return afterFailure(outcome, error);
    }
  }
}

/** What came out of a generator: what was thrown in is no second failure, not even where it is no object. */
function escaped(exit: Exit, thrown: { readonly error: unknown } | null, error: unknown): Exit {
  if (thrown !== null && Object.is(error, thrown.error)) return exit;
  // A cancellation told in other words is still one; a SuppressedError tells of a failure besides it.
  if (exit.kind === 'unsubscribe' && causedBy(error, thrown?.error)) return exit;
  return afterFailure(exit, error);
}
