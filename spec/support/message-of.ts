import { stripVTControlCharacters } from 'node:util';

/** The message that an expectation fails with, without colours. */
export function messageOf(expectation: () => unknown): string {
  try {
    expectation();
  } catch (error) {
    return stripVTControlCharacters((error as Error).message);
  }
  throw new Error('the expectation holds');
}
