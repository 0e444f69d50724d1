import type { Server } from 'node:net';

import { afterTurn } from '../../internal/clock.js';
import { listenTo } from './listen-to.js';
import type { CutConnection } from './server-connection.js';

/** Turns of the event loop that sockets which were destroyed have to be closed in. It takes them two or three. */
const TURNS = 100;

/** The end of a server, with all of its connections. */
export class Closing {
  private isOver = false;
  private onOver: (() => void) | null = null;
  readonly forget: () => void;

  constructor(private readonly server: Server) {
    this.forget = listenTo(server, 'close', () => {
      this.isOver = true;
      this.onOver?.();
    });
  }

  /** Resolves with the connections that are left where all that are known were cut, and the server does not close. */
  over(): Promise<readonly CutConnection[]> {
    return new Promise((resolve) => {
      this.onOver = () => resolve([]);
      this.onStuck = (count) => resolve(Array.from({ length: count }, () => unknown));
      if (this.isOver) this.onOver();
    });
  }

  private onStuck: (count: number) => void = () => undefined;

  /**
   * All that are known have been cut. A server that listened before it was entered may have others: `cutUnknown` closes what
   * can be closed of them, and waiting for the rest has an end.
   */
  expect(cutUnknown: () => void, turns = TURNS): void {
    if (this.isOver) return;
    if (turns > 0) {
      afterTurn(() => this.expect(cutUnknown, turns - 1));
      return;
    }
    this.server.getConnections((_error, count) => {
      cutUnknown();
      this.onStuck(count);
    });
  }
}

const unknown: CutConnection = { state: 'active', peer: 'unknown', requests: [] };
