import { DeadlockError } from '../core/engine/errors.js';
import type { Exit } from '../core/engine/exit.js';
import type { Scope } from '../core/engine/scope.js';
import { leaf } from '../core/leaf.js';
import { Resource } from '../core/resource-class.js';
import type { Lender } from './lender.js';
import type { Loan } from './loan.js';
import { nothingToLend } from './pool-words.js';
import { Waiting } from './waiting.js';

/** A handle, borrowed as long as it is open. */
export function borrowing<T>(lender: Lender<T>, acquire: (scope: Scope) => unknown): Resource<T> {
  return new Resource<T>(
    lender.name,
    leaf({
      interruptible: true,
      acquire,
      entered: (_scope, loan: Loan<T>) => loan.item.value,
      release: (loan: Loan<T>, exit: Exit) => {
        lender.giveBack(loan, exit);
      },
    }),
  );
}

/** A loan. Never waits: what is missing is made for the next one. */
export function atOnce<T>(lender: Lender<T>, scope: Scope): unknown {
  const loan = borrowOrRefuse(lender, scope);
  if (!(loan instanceof Waiting)) return loan;
  const { stats } = lender;
  loan.unsubscribe();
  throw nothingToLend(lender.name, stats);
}

/** One who does not wait is in no deadlock. */
function borrowOrRefuse<T>(lender: Lender<T>, scope: Scope): unknown {
  try {
    return lender.borrow(scope, 0, Infinity);
  } catch (error) {
    throw error instanceof DeadlockError ? nothingToLend(lender.name, lender.stats) : error;
  }
}
