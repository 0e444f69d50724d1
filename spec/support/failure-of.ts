import { LifecycleError } from '../../lib/testing/index.js';

/** The message with which a test of the kit fails; one that passes, or fails in another way, fails the spec. */
export function failureOf(test: () => void): string {
  try {
    test();
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('Expected the test to fail.');
}

/** The same for one that answers a promise. */
export async function rejectionOf(test: () => Promise<void>): Promise<string> {
  try {
    await test();
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('Expected the test to fail.');
}

function messageOf(error: unknown): string {
  if (error instanceof LifecycleError) return error.message;
  throw error;
}

/** Several lines as one string. */
export function lines(...text: string[]): string {
  return text.join('\n');
}
