import { config } from 'rxjs';

/** Takes what RxJS has nobody to give to, besides whoever took it before. Answers the undo. */
export function takeUnhandledErrors(take: (error: unknown) => void): () => void {
  const previous = config.onUnhandledError;
  const handler = (error: unknown): void => {
    previous?.(error);
    take(error);
  };
  config.onUnhandledError = handler;
  return () => {
    if (config.onUnhandledError === handler) config.onUnhandledError = previous;
  };
}
