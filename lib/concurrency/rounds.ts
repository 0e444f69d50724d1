import { shared } from '../core/engine/shared.js';
import { inExtent } from '../core/layer.js';

/**
 * Does one step after the other until there is nothing to do. Asked to run from inside a step, it notes that and goes on when
 * the step has returned: so however many hand over to each other, no call stands in another (law 6).
 *
 * What a step begins is nobody's: it runs with no collector around it.
 */
export class Rounds {
  private isRunning = false;
  private again = false;

  /** `step` answers whether it did something; `after` is called when nothing is left to do. */
  constructor(
    private readonly step: () => boolean,
    private readonly after: () => void,
  ) {}

  readonly run = (): void => {
    this.again = true;
    if (this.isRunning) return;
    this.isRunning = true;
    const { releasing } = shared;
    shared.releasing = 0; // what a release lets in goes on in this loop
    try {
      inExtent(null, this.loop);
    } finally {
      this.isRunning = false;
      shared.releasing = releasing;
    }
    this.after();
  };

  private readonly loop = (): void => {
    while (this.again) {
      this.again = false;
      while (this.step());
    }
  };
}
