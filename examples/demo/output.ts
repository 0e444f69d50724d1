/** Where lines are printed: below one another, or above the progress bar while there is one. */
let print = (line: string): void => {
  console.log(line);
};

/** Prints one line. */
export function say(line: string): void {
  print(line);
}

/** Prints through `printer` from now on; answers the undo. */
export function divertOutput(printer: (line: string) => void): () => void {
  const previous = print;
  print = printer;
  return () => {
    print = previous;
  };
}

/** `840 ms`, `3.2 s` */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** `169,892` */
export function count(value: number): string {
  return value.toLocaleString('en');
}
