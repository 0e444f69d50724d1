import { Subscriber, type ObservableInput } from 'rxjs';

import { ResourceLostError } from './engine/errors.js';
import type { Leaf, Scope } from './engine/scope.js';
import { lose } from './engine/ending.js';
import { inExtent } from './layer.js';
import { leaf } from './leaf.js';
import { toObservable } from './observable-input.js';

/** `inner`, watched while it is held: what `lost` emits or fails with ends the scope (law 29). */
export function watched<T>(inner: Leaf, name: string, lost: (value: T) => ObservableInput<unknown>): Leaf {
  return leaf({
    mode: inner.mode,
    awaits: inner.awaits,
    interruptible: inner.interruptible,
    name: inner.name,
    unreleased: inner.unreleased ?? false,
    acquire: inner.acquire,
    renamed: (other) => watched(inner.renamed?.(other) ?? inner, other, lost),
    entered(scope, value: T) {
      const watch = new Watch(scope, name, value);
      scope.token = watch; // before it can fire: what is released from now on is the watch, then the value
      inExtent(scope, () => toObservable(lost(value)).subscribe(watch));
      return value;
    },
    release(token: unknown, exit) {
      if (!(token instanceof Watch)) return inner.release(token, exit); // left before it was entered
      token.stop();
      return inner.release(token.value, exit);
    },
  });
}

class Watch<T> extends Subscriber<unknown> {
  constructor(
    private readonly scope: Scope,
    private readonly name: string,
    readonly value: T,
  ) {
    super();
  }

  stop(): void {
    try {
      inExtent(this.scope, () => {
        this.unsubscribe();
      });
    } catch (error) {
      this.scope.collect(error);
    }
  }

  protected override _next(cause: unknown): void {
    this.fire(cause);
  }

  protected override _error(cause: unknown): void {
    this.fire(cause);
  }

  private fire(cause: unknown): void {
    const { name } = this;
    this.stop();
    lose(this.scope, new ResourceLostError(`"${name}" was lost while it was held.`, { resource: name, cause }));
  }
}
