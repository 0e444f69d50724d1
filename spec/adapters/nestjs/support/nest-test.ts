import 'reflect-metadata';
import { Module, type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RxscopeModule, type RequestScopeOptions } from '../../../../lib/adapters/nestjs/index.js';
import { lease, resource, type Lease } from '../../../../lib/index.js';

/** Keeps what Nest logs as an error, and drops the rest. */
export class ErrorLog {
  readonly lines: string[] = [];

  error(message: unknown): void {
    this.lines.push(message instanceof Error ? message.message : String(message));
  }

  log(): void {
    // not looked at
  }

  warn(): void {
    // not looked at
  }
}

/** A module with these parts. */
export function makeModule(parts: ModuleMetadata): Type {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what Nest calls a module is a class
  class MadeModule {}
  Module(parts)(MadeModule);
  return MadeModule;
}

/** A root module with these parts, beside `RxscopeModule.forRoot()`. */
export function rootModule(parts: ModuleMetadata, options?: RequestScopeOptions): Type {
  return makeModule({ ...parts, imports: [RxscopeModule.forRoot(options), ...(parts.imports ?? [])] });
}

/** Makes an application on the platform of the suite. */
export type CreateApp = (module: Type, logger?: ErrorLog) => Promise<INestApplication>;

/** Declares a suite for each platform. */
export function describePlatforms(title: string, body: (createApp: CreateApp, platform: string) => void): void {
  describe.each<[string, (module: Type, options: object) => Promise<INestApplication>]>([
    ['Express', (module, options) => NestFactory.create(module, options)],
    ['Fastify', (module, options) => NestFactory.create(module, new FastifyAdapter(), options)],
  ])(`${title} on %s`, (platform, create) => {
    body((module, logger = new ErrorLog()) => create(module, { abortOnError: false, logger }), platform);
  });
}

/** Listens until it is released. */
export function listen(app: INestApplication): Promise<Lease<string>> {
  return lease(
    resource({
      name: 'test application',
      acquire: async () => {
        await app.listen(0, '127.0.0.1');
        return app.getUrl();
      },
      release: () => app.close(),
    }),
  );
}
