import { VirtualTimeScheduler } from 'rxjs';

/** More microtasks than anything takes that is to happen in one frame. */
const TURNS = 12;

/** Virtual time that goes on when it is told to, one frame after the other. */
export class Frames extends VirtualTimeScheduler {
  constructor() {
    super();
    this.maxFrames = 0;
  }

  /** When something happens next. */
  get next(): number {
    return this.actions[0]?.delay ?? Infinity;
  }

  /** Lets everything happen until so many frames later; `frame` is called before each frame in which something does. */
  advance(frames: number, frame: (at: number) => void = () => undefined): void {
    const end = this.now() + frames;
    this.schedule(() => undefined, frames);
    while (this.next <= end) {
      this.maxFrames = this.next;
      frame(this.next);
      this.flush();
    }
  }

  /** The same with promises, which get their turn after each frame; `look` is called after that. */
  async pass(frames: number, look: () => void): Promise<void> {
    const end = this.now() + frames;
    this.schedule(() => undefined, frames);
    await turn();
    look();
    while (this.next <= end) {
      this.maxFrames = this.next;
      this.flush();
      await turn();
      look();
    }
  }
}

/** Lets promises have their turn. */
export async function turn(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await Promise.resolve();
}
