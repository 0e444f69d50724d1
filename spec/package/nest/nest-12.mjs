// A NestJS application on version 12, which is of ES modules alone, on the platform that is named as the argument: what happens
// in it is printed as lines of JSON.
import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:net';

import { Controller, Get, Inject, Module, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NEVER, concat, of } from 'rxjs';
import { openResources, resource, using } from 'rxscope';
import {
  nestApplication,
  provideRequestResource,
  provideResource,
  RequestScoped,
  RxscopeHealthModule,
  RxscopeModule,
} from 'rxscope/nestjs';

const tell = (line) => {
  console.log(JSON.stringify(line));
};
const part = (name) =>
  resource({
    name,
    acquire: async () => name,
    release: async (_, { kind }) => {
      tell(`${name} ${kind}`);
    },
  });

class CityController {
  constructor(db) {
    this.db = db;
  }

  async city(scope) {
    return `${await scope.enter(part('transaction'))} on ${this.db}`;
  }

  async fails(scope) {
    await scope.enter(part('transaction'));
    throw new Error('no such city');
  }

  events() {
    return using(part('feed'), () => concat(of({ data: 'first' }), NEVER));
  }
}
const methods = CityController.prototype;
const descriptor = (name) => Object.getOwnPropertyDescriptor(methods, name);
Controller()(CityController);
Inject('DB')(CityController, undefined, 0);
Get('city')(methods, 'city', descriptor('city'));
RequestScoped()(methods, 'city', 0);
Get('fails')(methods, 'fails', descriptor('fails'));
RequestScoped()(methods, 'fails', 0);
Sse('events')(methods, 'events', descriptor('events'));

class SessionController {
  constructor(session) {
    this.session = session;
  }

  show() {
    return `injected ${this.session}`;
  }
}
Controller()(SessionController);
Inject('SESSION')(SessionController, undefined, 0);
Get('session')(
  SessionController.prototype,
  'show',
  Object.getOwnPropertyDescriptor(SessionController.prototype, 'show'),
);

class AppModule {}
Module({
  imports: [RxscopeModule.forRoot(), RxscopeHealthModule.forRoot()],
  controllers: [CityController, SessionController],
  providers: [provideResource('DB', part('database')), provideRequestResource('SESSION', part('session'))],
})(AppModule);

const platform = process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const application = nestApplication(
  () => NestFactory.create(AppModule, platform, { abortOnError: false, logger: false }),
  (app) => app.listen(0, '127.0.0.1'),
);

const work = using(application, async (app) => {
  const address = await app.getUrl();
  const ask = async (path) => {
    const answer = await globalThis.fetch(`${address}/${path}`);
    return [answer.status, await answer.text()];
  };
  tell(await ask('city'));
  tell(await ask('fails'));
  tell(await ask('session'));
  tell(await ask('readyz'));

  // A client that hangs up in the middle of events.
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for await (const chunk of socket) {
    if (chunk.includes('first')) break; // destroys the socket
  }
  if (!socket.closed) await once(socket, 'close');
  return 'left';
});

work.subscribe({
  next: tell,
  error: (error) => {
    tell(`failed: ${error.stack}`);
  },
  complete: () => {
    tell({ open: openResources().length });
  },
});
