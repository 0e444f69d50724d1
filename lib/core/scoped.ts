import type { Awaitable } from './awaitable.js';
import { checkFunction } from '../internal/check.js';
import { UnsubscribedError } from './engine/errors.js';
import { failed, UNSUBSCRIBE, type Exit } from './engine/exit.js';
import { NOTHING, type Scope, type Sink } from './engine/scope.js';
import { ask, Deferral, isPlain, tellAwaited } from './engine/reply.js';
import { shared } from './engine/shared.js';
import { isAbort, isLeft } from './engine/teardown.js';
import { ExitStack } from './exit-stack.js';
import { leaf } from './leaf.js';
import { Resource } from './resource-class.js';

/**
 * A compound resource built step by step with an {@link ExitStack}, which is closed with the scope and told its exit.
 *
 * Use it where {@link andThen} and {@link combine} do not reach: loops, conditions, ordinary `await`.
 *
 * **Guarantees.** Where `build` fails, what it had put on the stack is released with that error (law 11). What is lost
 * on the stack ends the scope (law 29). **Cancellation.** Leaving while `build` runs aborts the signals of what it is
 * entering; `build` goes on to its end, then all is released. **Errors.** What `build` and the entries fail with.
 *
 * @example
 * ```ts
 * import { lastValue, resource, scoped, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const shard = (n: number) => resource({ acquire: async () => n, release: () => log.push(`close ${n}`) });
 * const cluster = scoped(async (stack) => {
 *   const shards: number[] = [];
 *   for (let n = 1; n <= 3; n++) shards.push(await stack.enter(shard(n)));
 *   return shards;
 * });
 * await lastValue(cluster.pipe(use((shards) => [shards.length]))); // => 3
 * log; // => ['close 3', 'close 2', 'close 1']
 * ```
 */
export function scoped<T>(build: (stack: ExitStack) => Awaitable<T>): Resource<T> {
  checkFunction(build, 'build');
  return new Resource(
    'scoped',
    leaf({
      mode: 'outcome',
      acquire: (scope) => new Building(scope, build),
      entered: (_scope, token: Built<T>) => token.handle,
      release: (token: Built<T>, exit) => new ClosingStack(token.stack, exit),
    }),
  );
}

/**
 * An {@link ExitStack} as a resource: closed with the scope, told its exit, able to suppress.
 *
 * @example
 * ```ts
 * import { exitStack, lastValue, use } from 'rxscope';
 *
 * const log: string[] = [];
 * const work = exitStack().pipe(
 *   use(async (stack) => {
 *     stack.defer(() => log.push('cleaned'));
 *     return 'done';
 *   }),
 * );
 * await lastValue(work); // => 'done'
 * log; // => ['cleaned']
 * ```
 */
export function exitStack(): Resource<ExitStack> {
  return scoped((stack) => stack);
}

interface Built<T> {
  readonly stack: ExitStack;
  readonly handle: T;
}

class Building<T> extends Deferral {
  constructor(
    private readonly scope: Scope,
    private readonly build: (stack: ExitStack) => Awaitable<T>,
  ) {
    super();
  }

  answer(sink: Sink): void {
    const stack = ExitStack.in(this.scope);
    const built: Sink = {
      value: (handle) => {
        sink.value({ stack, handle });
      },
      error: (error) => {
        // Left while building: what `build` failed with may only say so, and then the entries are told the same.
        const cancelled = isLeft(this.scope) && (error instanceof UnsubscribedError || isAbort(this.scope, error));
        stack.closeWith(cancelled ? UNSUBSCRIBE : failed(error), (outcome) => {
          if (outcome.kind === 'error') sink.error(outcome.error);
          else sink.value(NOTHING);
        });
      },
    };
    let answer: unknown;
    try {
      answer = this.build(stack);
    } catch (error) {
      built.error(error);
      return;
    }
    if (isPlain(answer)) {
      built.value(answer);
      return;
    }
    if (shared.watchers !== null) tellAwaited(this.scope, 'acquire', answer as object, null);
    ask(answer as object, 'first', this.scope, built);
  }
}

class ClosingStack extends Deferral {
  constructor(
    private readonly stack: ExitStack,
    private readonly exit: Exit,
  ) {
    super();
  }

  answer(sink: Sink): void {
    this.stack.closeWith(this.exit, (outcome) => {
      sink.value(outcome);
    });
  }
}
