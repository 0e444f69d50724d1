/** The `code` that errors of Node carry, as in `ENOENT`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'none';
}
