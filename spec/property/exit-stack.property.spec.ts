/**
 * Random programs over an `ExitStack`, against a list.
 *
 * `FC_SEED` repeats the run of a seed that a failure printed, `FC_RUNS` sets the number of cases.
 */
import fc from 'fast-check';

import { ExitStack, openResources, resource, type Exit } from '../../lib/index.js';
import { asyncDispose } from '../../lib/internal/async-dispose.js';
import { takeUnhandledErrors } from '../../lib/testing/jest/index.js';
import { nextMacrotask } from '../support/macrotask.js';
import { Failure, renderError, renderExit } from './support/failure.js';
import { isolate } from './support/isolate.js';
import { PATIENCE, parameters } from './support/parameters.js';

type Form = 'enter' | 'use' | 'adopt' | 'defer' | 'push';

/** One instruction of a program. */
type Instruction =
  | {
      readonly kind: 'register';
      readonly form: Form;
      readonly suppresses: boolean;
      readonly fails: boolean;
      readonly slow: boolean;
      readonly refuses: boolean;
      /** Whether an `enter` is left pending by the program, to be settled at the end. */
      readonly pending: boolean;
    }
  | { readonly kind: 'move' }
  | { readonly kind: 'close'; readonly exit: 'complete' | 'error' | 'unsubscribe' | 'none' };

const instructions: fc.Arbitrary<Instruction> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      form: fc.constantFrom<Form[]>('enter', 'use', 'adopt', 'defer', 'push'),
      suppresses: fc.boolean(),
      fails: fc.boolean(),
      slow: fc.boolean(),
      refuses: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      pending: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('close' as const),
      exit: fc.constantFrom('complete' as const, 'error' as const, 'unsubscribe' as const, 'none' as const),
    }),
  },
);

/** What a program shows of itself. */
interface Course {
  readonly log: readonly string[];
  readonly unhandled: readonly string[];
}

type Register = Extract<Instruction, { kind: 'register' }>;

/** Runs a program. Every stack is closed at the end; what is pending is let in once that has begun. */
async function run(program: readonly Instruction[]): Promise<Course & { readonly open: number }> {
  isolate();
  const log: string[] = [];
  const gates: (() => void)[] = [];
  const watched: Promise<void>[] = [];
  let stack = new ExitStack();
  const registering = async (instruction: Register, name: string): Promise<void> => {
    const { form, suppresses, fails, slow, refuses, pending } = instruction;
    const finish = <T>(answer: T): T => {
      log.push(`${name} ${fails ? 'failed' : 'over'}`);
      if (fails) throw new Failure(name);
      return answer;
    };
    const leave = <T>(exit: Exit | null, answer: T): T | Promise<T> => {
      log.push(`${name} release ${renderExit(exit)}`.trim());
      return slow ? Promise.resolve().then(() => finish(answer)) : finish(answer);
    };
    if (form === 'enter') {
      const entering = (): string => {
        if (refuses) throw new Failure(`${name}!`);
        return name;
      };
      const gate = pending ? new Promise<void>((resolve) => gates.push(resolve)) : null;
      const handle = resource({
        name,
        acquire: () => {
          log.push(`${name} acquire`);
          return gate === null ? entering() : gate.then(entering);
        },
        exit: (_, exit) => leave(exit, suppresses),
      });
      const entered = stack.enter(handle).then(
        () => void log.push(`${name} entered`),
        (error: unknown) => void log.push(`${name} refused ${renderError(error)}`),
      );
      if (gate === null) await entered;
      else watched.push(entered);
    } else if (form === 'use') {
      stack.use({
        [asyncDispose]: async () => {
          await leave(null, undefined);
        },
      });
    } else if (form === 'adopt') stack.adopt(name, () => leave(null, true));
    else if (form === 'defer') stack.defer(() => leave(null, true));
    else stack.push((exit) => leave(exit, suppresses));
  };
  const closing = (exit: Exit | undefined): Promise<void> =>
    stack.close(exit).then(
      (suppressed) => void log.push(`closed ${String(suppressed)}`),
      (error: unknown) => void log.push(`closed with ${renderError(error)}`),
    );
  for (const [index, instruction] of [...program, { kind: 'close', exit: 'none' } as const].entries()) {
    if (instruction.kind === 'register') await registering(instruction, String(index));
    else if (instruction.kind === 'move') stack = stack.move();
    else {
      const closed = closing(exitOf(instruction.exit));
      for (const open of gates.splice(0)) open();
      await closed;
    }
    await nextMicrotasks();
  }
  for (const open of gates.splice(0)) open();
  await Promise.all(watched);
  await nextMacrotask();
  const open = openResources().length;
  return { log, unhandled: (await takeUnhandledErrors()).map(renderError).sort(), open };
}

/** Lets every promise chain of a program come to its end. */
async function nextMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function exitOf(kind: Extract<Instruction, { kind: 'close' }>['exit']): Exit | undefined {
  if (kind === 'none') return undefined;
  return kind === 'error' ? { kind, error: new Failure('exit') } : { kind };
}

/** An entry of the list. `pending`: still entering. */
interface Item {
  readonly name: string;
  readonly instruction: Register;
  pending: boolean;
}

/** What a program does by the laws: a list, unwound from its end. */
function foresee(program: readonly Instruction[]): Course {
  const log: string[] = [];
  const unhandled: string[] = [];
  let list: Item[] = [];
  let closedWith = null as string | null;

  /** Releases one; answers the outcome after it. */
  const release = ({ name, instruction: { form, fails, suppresses } }: Item, outcome: string, exit: string): string => {
    const told = form === 'enter' || form === 'push';
    log.push(told ? `${name} release ${outcome}` : `${name} release`);
    log.push(`${name} ${fails ? 'failed' : 'over'}`);
    const error = outcome.startsWith('error ') ? outcome.slice('error '.length) : null;
    if (fails) return error === null ? `error ${name}` : `error S(${name}, ${error})`;
    if (told && suppresses && error !== null) return exit === 'unsubscribe' ? 'unsubscribe' : 'complete';
    return outcome;
  };
  const close = (exit: string): void => {
    if (closedWith !== null) {
      log.push('closed false');
      return;
    }
    closedWith = exit;
    for (const item of list.filter(({ pending }) => pending)) settle(item);
    let outcome = exit;
    for (const item of list.reverse()) outcome = release(item, outcome, exit);
    list = [];
    const suppressed = exit.startsWith('error ') && !outcome.startsWith('error ');
    log.push(outcome.startsWith('error ') ? `closed with ${outcome.slice(6)}` : `closed ${String(suppressed)}`);
  };
  /** A pending one comes to its end: last in the list, because it is held only now. */
  const settle = (item: Item): void => {
    item.pending = false;
    list = list.filter((other) => other !== item);
    if (item.instruction.refuses) log.push(`${item.name} refused ${item.name}!`);
    else {
      list.push(item);
      log.push(closedWith === null ? `${item.name} entered` : `${item.name} refused ClosedError`);
    }
  };
  for (const [index, instruction] of [...program, { kind: 'close', exit: 'none' } as const].entries()) {
    const name = String(index);
    if (instruction.kind === 'close') {
      close(instruction.exit === 'none' ? 'complete' : instruction.exit === 'error' ? 'error exit' : instruction.exit);
    } else if (instruction.kind === 'move') {
      if (closedWith !== null) {
        closedWith = null;
        list = [];
      }
    } else {
      const item: Item = { name, instruction, pending: instruction.form === 'enter' && instruction.pending };
      if (instruction.form === 'enter') {
        if (closedWith !== null) {
          log.push(`${name} refused ClosedError`);
          continue;
        }
        log.push(`${name} acquire`);
        if (item.pending) list.push(item);
        else settle(item);
      } else if (closedWith === null) list.push(item);
      else {
        const outcome = release(item, closedWith, closedWith);
        if (outcome.startsWith('error ') && outcome !== closedWith) unhandled.push(outcome.slice('error '.length));
      }
    }
  }
  return { log, unhandled: unhandled.sort() };
}

/** Who is told of an `enter` that was pending at close, and when, is a matter of microtasks: these lines go by themselves. */
function apart(log: readonly string[]): { readonly told: readonly string[]; readonly rest: readonly string[] } {
  const isTold = (line: string): boolean => /^\d+ (entered|refused)/.test(line);
  return { told: log.filter(isTold).sort(), rest: log.filter((line) => !isTold(line)) };
}

describe('an ExitStack', () => {
  it(
    'is a list that is unwound from its end',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(instructions, { maxLength: 8 }), async (program) => {
          const { log, unhandled, open } = await run(program);
          const expected = foresee(program);
          expect({ ...apart(log), unhandled, open }).toEqual({
            ...apart(expected.log),
            unhandled: expected.unhandled,
            open: 0,
          });
        }),
        parameters(1000),
      );
    },
    PATIENCE,
  );
});

describe('the list', () => {
  const entry = (form: Form, parts: Partial<Register> = {}): Instruction => ({
    kind: 'register',
    form,
    suppresses: false,
    fails: false,
    slow: false,
    refuses: false,
    pending: false,
    ...parts,
  });

  it('foresees a program', () => {
    const program: Instruction[] = [
      entry('enter'),
      entry('push', { suppresses: true }),
      entry('enter', { pending: true }),
      entry('adopt', { fails: true }),
      { kind: 'close', exit: 'error' },
      entry('defer', { fails: true }),
    ];
    expect(foresee(program)).toEqual({
      log: [
        '0 acquire',
        '0 entered',
        '2 acquire',
        '2 refused ClosedError',
        '2 release error exit',
        '2 over',
        '3 release',
        '3 failed',
        '1 release error S(3, exit)',
        '1 over',
        '0 release complete',
        '0 over',
        'closed true',
        '5 release',
        '5 failed',
        'closed false',
      ],
      unhandled: ['S(5, exit)'],
    });
  });
});
