import { expectTypeOf } from 'expect-type';
import { asyncScheduler, EMPTY, of, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import {
  deadline,
  taskGroup,
  use,
  type Resource,
  type Task,
  type TaskContext,
  type TaskGroup,
} from '../../lib/index.js';

/** Never called: types are checked all the same. */
const typesOnly = (play: (group: TaskGroup) => unknown): string => typeof play;

describe('taskGroup', () => {
  it('is a resource of a group', () => {
    expectTypeOf(taskGroup()).toEqualTypeOf<Resource<TaskGroup>>();
    expectTypeOf(taskGroup({ name: 'crawl' })).toEqualTypeOf<Resource<TaskGroup>>();
    expectTypeOf(taskGroup().pipe(use((group) => of(group.size)))).toEqualTypeOf<Observable<number>>();
  });

  it('infers what a task answers from what it is', () => {
    typesOnly((group) => {
      expectTypeOf(group.start(of(1))).toEqualTypeOf<Task<number>>();
      expectTypeOf(group.start(Promise.resolve('a'))).toEqualTypeOf<Task<string>>();
      expectTypeOf(group.start([1, 'a'])).toEqualTypeOf<Task<number | string>>();
      expectTypeOf(group.start(EMPTY)).toEqualTypeOf<Task<never>>();
      expectTypeOf(group.start(() => of(true))).toEqualTypeOf<Task<boolean>>();
      expectTypeOf(group.start(async () => 1)).toEqualTypeOf<Task<number>>();
      expectTypeOf(group.start(async () => undefined)).toEqualTypeOf<Task<undefined>>();
      return expectTypeOf(group.start(async function* () { yield 'a'; })).toEqualTypeOf<Task<string>>(); // prettier-ignore
    });
    expectTypeOf<Task<number>['result']>().toEqualTypeOf<Promise<number>>();
    expectTypeOf<ReturnType<Task<number>['cancel']>>().toEqualTypeOf<Promise<void>>();
    expectTypeOf<Task<number>>().toExtend<AsyncDisposable>();
  });

  it('tells a function its signal', () => {
    typesOnly((group) =>
      group.start((context) => {
        expectTypeOf(context).toEqualTypeOf<TaskContext>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        return of(1);
      }),
    );
    expectTypeOf<TaskContext['signal']>().toEqualTypeOf<AbortSignal>();
  });

  it('refuses what is no observable input, and what answers none', () => {
    typesOnly((group) => [
      // @ts-expect-error -- a number is no observable input
      group.start(1),
      // @ts-expect-error -- nor is what this answers
      group.start(() => 1),
      // @ts-expect-error -- nor is nothing
      group.start(),
    ]);
    // @ts-expect-error -- a name is a string
    expectTypeOf(taskGroup).toBeCallableWith({ name: 1 });
  });
});

describe('deadline', () => {
  it('keeps the type of the values', () => {
    expectTypeOf(of(1).pipe(deadline(5))).toEqualTypeOf<Observable<number>>();
    expectTypeOf(of('a').pipe(deadline(new Date(), asyncScheduler))).toEqualTypeOf<Observable<string>>();
    expectTypeOf(deadline<number>(5)).toEqualTypeOf<MonoTypeOperatorFunction<number>>();
  });

  it('takes milliseconds or a date', () => {
    expectTypeOf(deadline).parameter(0).toEqualTypeOf<number | Date>();
    // @ts-expect-error -- a text is neither
    expectTypeOf(deadline).toBeCallableWith('5');
  });
});
