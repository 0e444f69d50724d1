import { randomBytes } from 'node:crypto';

/** A name that nobody can foresee: 128 bits of chance. */
export function uniqueName(prefix: string, suffix: string): string {
  return `${prefix}${randomBytes(16).toString('hex')}${suffix}`;
}

/** Refuses what would make a name lead into another directory, where the caller hands it in. */
export function checkNamePart(part: string, what: string): void {
  if (typeof part === 'string' && !/[/\\\0]/.test(part)) return;
  throw new TypeError(
    `Expected ${what} to be part of a file name, without a slash, a backslash or a null character, received ${JSON.stringify(part)}.`,
  );
}
