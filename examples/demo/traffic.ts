import { resource, type Resource } from 'rxscope';
import { count, say } from './output.js';

/** Counts the pages that are in flight: those that are requested, or fetched and not yet being saved. */
export class Traffic {
  /** The most there have been at a time. */
  most = 0;
  private inFlight = 0;

  requested(): void {
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
  }

  taken(): void {
    this.inFlight -= 1;
  }
}

/** A count that is told when it is over. */
export function traffic(prefetch: number): Resource<Traffic> {
  return resource({
    name: 'traffic',
    acquire: () => new Traffic(),
    release: ({ most }) => {
      say(
        `pages in flight at most: ${count(most)} (requested and not yet being saved: ` +
          `the one that waits for its turn, and ${count(prefetch)} ahead)`,
      );
    },
  });
}
