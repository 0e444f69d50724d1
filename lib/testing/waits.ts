import { watchResources, type OpenResource, type ResourceStep } from '../core/index.js';
import { LifecycleError } from './lifecycle-error.js';

interface Wait {
  readonly step: ResourceStep;
  readonly source: 'promise' | 'observable';
}

/** What the scopes of a test wait for, from its making until it is stopped. */
export class Waits {
  /** The last wait of each scope that is open. */
  private readonly last = new Map<OpenResource, Wait>();
  private readonly promises = new Set<string>();
  private readonly unwatch = watchResources((scope) => () => this.last.delete(scope), {
    waiting: (step, source) => {
      this.last.set(step.scope, { step, source });
      if (source === 'promise') this.promises.add(describe(step));
    },
  });

  stop(): void {
    this.unwatch();
  }

  /** Fails where a promise was met. */
  assertNoPromise(): void {
    if (this.promises.size > 0) throw new LifecycleError(this.met());
  }

  /** Adds the promises that were met to another failure, of which they are often the reason. */
  explain(failure: unknown): unknown {
    if (!(failure instanceof LifecycleError) || this.promises.size === 0) return failure;
    const text = this.met();
    return failure.message === text ? failure : failure.extended(text);
  }

  /** One line for each scope that is still entering or exiting, without those of these names: what it waits for. */
  hanging(except: readonly string[]): readonly string[] {
    return [...this.last].flatMap(([{ name, state }, { step, source }]) =>
      except.includes(name) || state !== STATES[step.stage]
        ? []
        : [`  the ${describe(step)} waits for ${source === 'promise' ? 'a promise' : 'an observable'}`],
    );
  }

  private met(): string {
    const { promises } = this;
    const title =
      promises.size === 1
        ? 'A promise was met, which does not settle in virtual time: testResourcesAsync() waits for it.'
        : 'Promises were met, which do not settle in virtual time: testResourcesAsync() waits for them.';
    return [title, ...[...promises].map((one) => `  the ${one}`)].join('\n');
  }
}

const STATES = { acquire: 'entering', body: 'held', release: 'exiting' } as const;

function describe({ scope, name, stage }: ResourceStep): string {
  return `${stage} of "${name}"${name === scope.name ? '' : ` (in "${scope.name}")`}`;
}
