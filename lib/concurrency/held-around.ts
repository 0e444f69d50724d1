import { Holding } from '../core/engine/holding.js';
import type { Collector, Scope } from '../core/engine/scope.js';
import { collectorAround } from '../core/layer.js';
import { Claim, type ClaimSource } from './claim.js';

const NONE: readonly Claim[] = [];

/**
 * The claims of `source` that `scope` itself holds, and the scopes whose body it is in: what it would wait for in vain.
 *
 * Only what is subscribed as a part of a body counts. What a body subscribes on its own goes on without it, and may wait.
 */
export function claimsAround(scope: Scope, source: ClaimSource): readonly Claim[] {
  const around = collectorAround(scope);
  if (around === null && scope.step === null && (scope.more?.frames ?? null) === null) return NONE; // as most are
  const found: Claim[] = [];
  for (let one: Collector | null = scope; one !== null; one = collectorAround(one)) lookInto(one, source, found);
  return found;
}

/** How much of `source` is held around. */
export function heldAround(scope: Scope, source: ClaimSource): number {
  let held = 0;
  for (const { count } of claimsAround(scope, source)) held += count;
  return held;
}

function lookInto({ step, token, more }: Partial<Scope>, source: ClaimSource, found: Claim[]): void {
  if (step !== null) look(token, source, found);
  for (const frame of more?.frames ?? []) look(frame.token, source, found);
}

function look(token: unknown, source: ClaimSource, found: Claim[]): void {
  if (token instanceof Claim) {
    if (token.source === source) found.push(token);
  } else if (typeof token === 'object' && token !== null) {
    const { holding, holdings } = token as { holding?: unknown; holdings?: readonly Holding[] };
    if (holding instanceof Holding) lookInto(holding, source, found);
    else if (Array.isArray(holdings)) for (const one of holdings as readonly Holding[]) lookInto(one, source, found);
  }
}
