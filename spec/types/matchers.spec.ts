import { expect as jestExpect } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import {
  matchers,
  type MatcherContext,
  type MatcherResult,
  type ResourceMatchers,
} from '../../lib/testing/jest/index.js';

type OfGlobal = ReturnType<typeof expect<number>>;
type OfModule = ReturnType<typeof jestExpect<number>>;

describe('the matchers', () => {
  it('are known to the global expect and to that of @jest/globals', () => {
    expectTypeOf<OfGlobal>().toExtend<ResourceMatchers<void>>();
    expectTypeOf<OfModule>().toExtend<ResourceMatchers<void>>();
    expectTypeOf<OfGlobal['not']>().toExtend<ResourceMatchers<void>>();
    expectTypeOf<OfModule['not']>().toExtend<ResourceMatchers<void>>();
    expectTypeOf<OfGlobal['resolves']>().toExtend<ResourceMatchers<Promise<void>>>();
    expectTypeOf<OfModule['resolves']>().toExtend<ResourceMatchers<Promise<void>>>();
  });

  it('are taken by both', () => {
    expectTypeOf(expect.extend).toBeCallableWith(matchers);
    expectTypeOf(jestExpect.extend).toBeCallableWith(matchers);
  });

  it('are declared one by one', () => {
    expectTypeOf<keyof typeof matchers>().toEqualTypeOf<keyof ResourceMatchers<void>>();
    expectTypeOf(matchers.toHaveReleased).thisParameter.toEqualTypeOf<MatcherContext>();
    expectTypeOf(matchers.toHaveReleased).returns.toEqualTypeOf<MatcherResult>();
  });

  it('know kinds of exits, and that only an error has one', () => {
    const wrong = () => {
      // @ts-expect-error no such kind
      expect(1).toHaveExited('completed');
      // @ts-expect-error a completion has no error
      jestExpect(1).toHaveExited('complete', new Error('boom'));
      // @ts-expect-error names are strings
      expect([]).toReleaseInOrder([1]);
    };
    expect(wrong).toThrow(); // never came to be a matcher of this file's expect
  });
});
