import { isObject } from './is-object.js';

/** How many errors of a chain of causes are looked at. */
const DEPTH = 16;

/** With a digit in it: `EPIPE` is none. */
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** Ends of a session, and limits of it that end it too. */
const UNKNOWN = /^(08|57P|40003|25P0[34])/;

/** The code that the server gave for an error, or for one of its causes: appendix A of PostgreSQL's manual. */
export function sqlStateOf(error: unknown): string | undefined {
  let one = error;
  for (let depth = 0; depth < DEPTH && isObject(one); depth++) {
    const { code, cause } = one as { readonly code?: unknown; readonly cause?: unknown };
    if (typeof code === 'string' && SQL_STATE.test(code)) return code;
    one = cause;
  }
  return undefined;
}

/** Two transactions got in each other's way, and doing one of them again may help. */
export function isSerializationFailure(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01';
}

/**
 * Whether an error with which `COMMIT` was answered leaves open what became of it: one that the server has not given, that the
 * session ended with, or that says so itself.
 */
export function saysUnknown(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === undefined) return true;
  return UNKNOWN.test(state);
}
