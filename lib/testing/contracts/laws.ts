/** The laws that the contracts check, by the numbers of docs/semantics.md. */
export const laws = {
  1: 'what was acquired is released exactly once, however its scope ends',
  2: 'the release starts only after the body has ended, and nothing of the body is emitted after that',
  3: 'completion and errors come after the release has finished',
  4: 'what is inside is released before what is around it',
  5: 'every subscription is a scope of its own, and nothing is acquired before it',
  6: 'a long line of scopes overflows no stack',
  7: 'the release is told how the scope ended',
  8: 'an error is suppressed only where that is declared',
  11: 'an acquire that fails fails as it is, and leaves nothing behind',
  12: 'unsubscribing starts the release at once, and settled() waits for it',
  13: 'what comes after unsubscribing while acquiring is released, and never shown',
  14: 'unsubscribing neither cuts a release nor repeats it, and nothing is delivered after that',
  15: 'unsubscribing inside a synchronous emission stops the body at once, and leaks nothing',
  17: 'what is synchronous stays synchronous',
  26: 'a lease is released once, and a second release() is harmless',
  31: 'closing refuses who comes and who waits, and waits for what is out',
  32: 'leaving an iteration calls return() once, and its cleanup is awaited',
  33: 'an iterator answers each call, in order, and is done for ever once it was left',
  35: 'waiters are served in order, and one that leaves takes nothing and delays nobody',
  36: 'a pool never holds more than max, counting what is being made and destroyed',
} as const;

/** The number of a law that a contract checks. */
export type LawNumber = keyof typeof laws;
