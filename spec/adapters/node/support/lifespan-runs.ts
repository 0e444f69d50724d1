import { useProgram, type Program } from './program.js';

/** What stops a program, and its exit code then. */
export const signals = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const;

/** The last lines of a run: the listeners are gone, nothing keeps the process alive, and nobody calls `process.exit`. */
export const clean = ['listeners as before', 'alive: nothing'];

/** The scenarios of `lifespan-program.ts`, in processes of their own. */
export function useLifespanProgram(): Pick<Program, 'start'> {
  return useProgram('spec/adapters/node/support/lifespan-program.ts');
}
