import { ContractError } from '../../../../lib/testing/contracts/contract-error.js';
import type { ContractCase } from '../../../../lib/testing/contracts/contract.js';

/** Runs the case of that title: the law it finds broken, then what was expected and what happened. */
export async function failureOf(cases: readonly ContractCase[], title: string): Promise<string> {
  const found = cases.filter((one) => one.title === title);
  if (found.length !== 1) throw new Error(`${found.length} cases are called '${title}'.`);
  try {
    await found[0]?.run();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    expect(error.message).toContain(`Law ${error.law} is broken: `);
    return `law ${error.law}: ${error.expected} | ${error.actual}`;
  }
  throw new Error('The case passes.');
}
