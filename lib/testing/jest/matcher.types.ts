/** What a matcher finds as `this`: as much of it as these ask for, so that `expect` of Jest and of Vitest both take them. */
export interface MatcherContext {
  readonly isNot?: boolean | undefined;
  readonly promise?: string | undefined;
  equals(this: void, actual: unknown, expected: unknown): boolean;
  readonly utils: {
    matcherHint(
      this: void,
      name: string,
      received?: string,
      expected?: string,
      options?: { isNot?: boolean; promise?: string; secondArgument?: string },
    ): string;
    printExpected(this: void, value: unknown): string;
    printReceived(this: void, value: unknown): string;
  };
}

/** What a matcher answers. */
export interface MatcherResult {
  readonly pass: boolean;
  message(this: void): string;
}
