/**
 * Whether a test would call two values equal: structure decides, `undefined` properties and classes do not, errors go by
 * name and message. Knows the asymmetric matchers of jest and vitest (`expect.any(…)`) where they stand in `expected`.
 */
export function equals(actual: unknown, expected: unknown): boolean {
  return same(actual, expected, new Map());
}

function same(actual: unknown, expected: unknown, around: Map<object, unknown>): boolean {
  if (Object.is(actual, expected)) return true;
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return false;
  if (tagOf(actual) !== tagOf(expected)) return false;
  if (around.get(actual) === expected) return true; // in a circle, and equal as far as we have come
  around.set(actual, expected);
  return sameObjects(actual, expected, around);
}

function sameObjects(actual: object, expected: object, around: Map<object, unknown>): boolean {
  if (expected instanceof Date) return Object.is(Number(actual), Number(expected));
  if (expected instanceof RegExp) {
    const { source, flags } = actual as RegExp;
    return source === expected.source && flags === expected.flags;
  }
  if (expected instanceof Error) {
    const { name, message } = actual as Error;
    return name === expected.name && message === expected.message;
  }
  if (expected instanceof Map || expected instanceof Set) {
    return same([...(actual as Set<unknown>)], [...(expected as Set<unknown>)], around);
  }
  if (Array.isArray(expected) && (actual as unknown[]).length !== expected.length) return false;
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  const [left, right] = [actual as Record<string, unknown>, expected as Record<string, unknown>];
  return [...keys].every((key) => same(left[key], right[key], around));
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

function isMatcher(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'asymmetricMatch' in value &&
    typeof value.asymmetricMatch === 'function'
  );
}
