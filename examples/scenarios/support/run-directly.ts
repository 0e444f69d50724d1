import { basename } from 'node:path';

/** Prints what an example logs and answers, where its file is the one that was started and not one that was imported. */
export function runDirectly(file: string, main: (log: (line: string) => void) => Promise<unknown>): void {
  if (basename(process.argv[1] ?? '') !== file) return;
  main((line) => {
    console.log(line);
  }).then(
    (answer) => {
      console.log('=>', answer);
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
