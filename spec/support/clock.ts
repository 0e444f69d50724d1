import { VirtualAction, VirtualTimeScheduler } from 'rxjs';

/** Time that passes when it is told to: a scheduler for whatever takes one. */
export class Clock extends VirtualTimeScheduler {
  constructor(start = 0) {
    super(VirtualAction, Infinity);
    this.frame = start;
  }

  /** Lets so many milliseconds pass, with all that is due meanwhile and at the end of them. */
  pass(ms: number): void {
    const end = this.frame + ms;
    this.maxFrames = end;
    this.flush();
    this.frame = end;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.actions.filter(({ closed }) => !closed).length;
  }
}
