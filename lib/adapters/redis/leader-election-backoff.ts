/** How long to wait after so many failures: doubling, up to a limit, and up to half of it less by chance. */
export function delayAfter(failures: number, limits: { readonly initial: number; readonly max: number }): number {
  const full = Math.min(limits.max, limits.initial * 2 ** Math.min(failures, 30));
  return full * (1 - Math.random() / 2);
}
