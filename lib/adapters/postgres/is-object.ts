/** Whether it may have properties. `instanceof Object` is false for what comes from another realm, as errors of Node in tests. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
