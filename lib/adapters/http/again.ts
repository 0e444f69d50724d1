/** Thrown where the same request is to be tried again, at once or after a while; nobody outside sees it. */
export class Again extends Error {
  constructor(
    /** Milliseconds; 0 for at once. */
    readonly wait: number,
    cause: unknown,
  ) {
    super('The request is tried again.', { cause });
  }
}
