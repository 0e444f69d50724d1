import { Background } from '../core/engine/background.js';
import { UNSUBSCRIBE } from '../core/engine/exit.js';
import { over } from '../core/engine/unwind.js';
import { inExtent, rxLayer } from '../core/layer.js';
import { addedTo } from '../core/outcome.js';
import type { Item } from './pool-item.js';

/**
 * Releases a handle. Nobody waits for it here but `settled()`: `done` is told, inside the call or later, what it failed with.
 */
export function endItem(item: Item<unknown>, done: (failures: readonly unknown[]) => void): void {
  inExtent(null, () => {
    const ending = { isOver: false, background: null as Background | null };
    item.holding.close(item.exit, (outcome) => {
      ending.isOver = true;
      done(addedTo(item.exit, outcome)); // without what the borrower was told already
      if (ending.background !== null) over(ending.background, UNSUBSCRIBE);
    });
    if (!ending.isOver) ending.background = new Background(null, rxLayer);
  });
}
