import { RequestScope } from '../response/request-scope.js';

/** The scope of a request whose handler answers a promise. */
export class FastifyRequestScope extends RequestScope {
  /** Calls the handler of the request. One that answers no promise is over when it returns. */
  handle(call: () => unknown): unknown {
    let answer: unknown;
    try {
      answer = call();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    // As Fastify asks. Nothing else may become a promise: the handler may send later.
    if (typeof (answer as { readonly then?: unknown } | null | undefined)?.then !== 'function') return answer;
    return this.follow(answer as PromiseLike<unknown>);
  }

  /**
   * Releases everything, before the answer is sent. Rejects with what that fails with where the answer can still
   * become one that says so; the failure of a request that fails anyway stays what it is.
   */
  async endEarly(): Promise<void> {
    const hasFailed = this.failure !== null;
    await this.end().catch((error: unknown) => {
      if (!hasFailed) throw error;
      this.tell(error);
    });
  }

  private async follow(answer: PromiseLike<unknown>): Promise<unknown> {
    this.handler = 'running';
    try {
      return await answer;
    } catch (error) {
      // The client has gone, and the handler says so: nobody is left to be told.
      if (this.signal.aborted && error === this.signal.reason) return undefined;
      this.fail(error);
      throw error;
    } finally {
      this.handler = 'done';
      this.proceed();
    }
  }
}
