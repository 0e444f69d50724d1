/** For the exit that waits for nothing: a second Ctrl-C, or a crash. Last come, first called. Answers the undo. */
export function atExit(callback: () => void): () => void {
  process.prependOnceListener('exit', callback);
  return () => {
    process.off('exit', callback);
  };
}
