import fastify5, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import fastify4 from 'fastify-4';
import { lease, resource, type Lease } from '../../../../lib/index.js';

/** Makes an application; what it logs as an error is in `errors`. */
export type Build = (options?: FastifyServerOptions) => TestApp;

export interface TestApp {
  readonly app: FastifyInstance;
  /** What was logged as an error, as `message: error`. */
  readonly errors: string[];
}

/** Declares a suite for each major version. */
export function describeMajors(title: string, body: (build: Build) => void): void {
  describe.each([
    ['Fastify 5', fastify5],
    ['Fastify 4', fastify4 as unknown as typeof fastify5],
  ])(`${title} on %s`, (_, fastify) => {
    body((options) => {
      const errors: string[] = [];
      const write = (line: string): void => {
        const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
        errors.push(`${msg}: ${err?.message ?? ''}`);
      };
      return { app: fastify({ logger: { level: 'error', stream: { write } }, ...options }), errors };
    });
  });
}

/** Listens, and closes when the test is over. The address begins with `http`. */
export async function listen({ app }: TestApp): Promise<Lease<string>> {
  return lease(
    resource({
      name: 'test application',
      acquire: () => app.listen({ port: 0, host: '127.0.0.1' }),
      release: () => app.close(),
    }),
  );
}
