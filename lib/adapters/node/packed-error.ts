import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';

import type { PackedError } from './worker-port.js';

const classes = /* @__PURE__ */ new Map<string, ErrorConstructor>([
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['SyntaxError', SyntaxError],
  ['ReferenceError', ReferenceError],
]);

/** How deep causes are followed. */
const DEPTH = 8;

/** An error in a form that can be sent: copying one loses its name and its code. Anything else thrown is sent as it is. */
export function packError(error: unknown, depth = DEPTH): PackedError {
  if (!isError(error)) return { thrown: error };
  const { name, message, stack, code } = error as NodeJS.ErrnoException;
  const cause = 'cause' in error && depth > 0 ? { cause: packError(error.cause, depth - 1) } : {};
  return { name, message, stack, ...(isPlain(code) ? { code } : {}), ...cause };
}

/** For what cannot be sent: its text instead. */
export function packText(error: unknown): PackedError {
  return { name: 'Error', message: isError(error) ? error.message : inspect(error) };
}

/** The error again, with its name, its code and the stack it had in the worker. */
export function unpackError(packed: PackedError): unknown {
  if ('thrown' in packed) return packed.thrown;
  const { name, message, stack, code, cause } = packed;
  const made = new (classes.get(name) ?? Error)(message, cause === undefined ? {} : { cause: unpackError(cause) });
  if (made.name !== name) made.name = name;
  if (stack !== undefined) made.stack = stack;
  return code === undefined ? made : Object.assign(made, { code });
}

/** Also a `DOMException` is one, though not one of the language. */
function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
