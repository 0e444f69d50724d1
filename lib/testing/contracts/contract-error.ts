import { laws, type LawNumber } from './laws.js';

/** What a {@link ContractError} is about. */
export interface ContractErrorOptions {
  /** The number of the law, as in docs/semantics.md. */
  readonly law: LawNumber;
  readonly expected: string;
  readonly actual: string;
  readonly cause?: unknown;
}

/**
 * A case of a contract fails: the message says which law is broken, what was expected and what happened.
 *
 * `law` is its number in docs/semantics.md; `expected` and `actual` are there for runners that show a difference in their
 * own way.
 *
 * @example
 * ```ts
 * import { resource } from 'rxscope';
 * import { ContractError, resourceContract } from 'rxscope/testing';
 *
 * let open = 0;
 * const careless = resource({ acquire: () => ++open, release: (_, { kind }) => kind === 'complete' && open-- });
 * const failures: unknown[] = [];
 * for (const { run } of resourceContract(() => ({ resource: careless, isOpen: () => open > 0 }))) {
 *   await run().catch((error: unknown) => failures.push(error));
 * }
 * failures[0] instanceof ContractError && failures[0].law; // => 3
 * ```
 */
export class ContractError extends Error {
  override name = 'ContractError';
  /** Stable identifier to match on. */
  readonly code = 'RXSCOPE_CONTRACT';
  readonly law: LawNumber;
  readonly expected: string;
  readonly actual: string;

  constructor({ law, expected, actual, ...rest }: ContractErrorOptions) {
    const message = `Law ${law} is broken: ${laws[law]}.\n  expected  ${expected}\n  actual    ${actual}`;
    super(message, 'cause' in rest ? { cause: rest.cause } : undefined);
    this.law = law;
    this.expected = expected;
    this.actual = actual;
  }
}
