import { Observable } from 'rxjs';

import { ServedCall, type Handler } from './served-call.js';
import { isOurs, type FromWorker, type ParentPort, type ToWorker } from './worker-port.js';

export type Handlers = Readonly<Record<string, Handler>>;

/** The calls that are under way in a worker, by number. */
export class CallServer {
  /** Whether the worker was told to close. */
  isClosing = false;
  private readonly calls = new Map<number, ServedCall>();

  constructor(private readonly port: ParentPort) {}

  /** Says that it is ready, and answers calls. Completes when it was told to close and the calls under way have ended. */
  serve(handlers: Handlers): Observable<never> {
    return new Observable((subscriber) => {
      const receive = (message: unknown): void => {
        if (!isOurs<ToWorker>(message)) return;
        if (message.rxscope !== 'close') {
          this.receive(handlers, message);
          return;
        }
        this.isClosing = true;
        void this.cancelAll().then(() => {
          subscriber.complete();
        });
      };
      this.port.on('message', receive);
      this.port.postMessage({ rxscope: 'ready' } satisfies FromWorker);
      return () => {
        this.port.off('message', receive);
      };
    });
  }

  private receive(handlers: Handlers, message: Extract<ToWorker, { readonly id: number }>): void {
    const { id } = message;
    if (message.rxscope === 'call') {
      const call = new ServedCall(id, this.port, () => this.calls.delete(id));
      this.calls.set(id, call);
      call.start(handlerOf(handlers, message.name), message.input);
      return;
    }
    const call = this.calls.get(id); // none: it has ended meanwhile
    if (message.rxscope === 'ask') call?.ask();
    else void call?.cancel();
  }

  private async cancelAll(): Promise<void> {
    await Promise.all([...this.calls.values()].map((call) => call.cancel()));
  }
}

function handlerOf(handlers: Handlers, name: string): Handler {
  const handler: unknown = handlers[name];
  if (typeof handler === 'function') return (input, context) => (handler as Handler).call(handlers, input, context);
  return () => {
    throw new TypeError(`Expected the name of a call, one of ${Object.keys(handlers).join(', ')}, received ${name}.`);
  };
}
