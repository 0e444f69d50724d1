import 'reflect-metadata';
import { Module, type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
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

export function createApp(module: Type, logger = new ErrorLog()): Promise<INestApplication> {
  const options: object = { abortOnError: false, logger };
  return NestFactory.create(module, options);
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
