import { MultiBar, Presets } from 'cli-progress';
import { mapValue, resource, type Resource } from 'rxscope';
import { divertOutput } from './output.js';

/** Tells how many more rows there are. */
export type Progress = (rows: number) => void;

/** A progress bar, with everything else printed above it. Silent where nobody watches. */
export function progressBar(total: number): Resource<Progress> {
  return resource({
    name: 'progress bar',
    acquire: () => (process.stdout.isTTY ? bar(total) : { advance: noop, stop: noop }),
    release: ({ stop }) => {
      stop();
    },
  }).pipe(mapValue(({ advance }) => advance));
}

function bar(total: number): { readonly advance: Progress; readonly stop: () => void } {
  const format = '{bar} {value} of {total} places, {duration_formatted}';
  // Its own way of ending on a signal would leave the lines of our closing without a place to go.
  const bars = new MultiBar({ stream: process.stdout, format, gracefulExit: false }, Presets.shades_classic);
  const rows = bars.create(total, 0);
  const restore = divertOutput((line) => {
    bars.log(`${line}\n`);
  });
  return {
    advance: (more) => {
      rows.increment(more);
    },
    stop: () => {
      bars.update(); // prints the lines that wait
      bars.stop();
      restore();
    },
  };
}

function noop(): void {
  // nobody watches
}
