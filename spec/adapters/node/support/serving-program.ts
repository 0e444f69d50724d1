/** Serves until it is asked to stop, and ends by itself then: nobody calls exit here. */
import { lease } from '../../../../lib/index.js';
import { httpServer, tcpServer, fromReadable, toWritable } from '../../../../lib/adapters/node/index.js';

const stopped = { http: () => undefined as void, tcp: () => undefined as void };

const web = await lease(
  httpServer((request, response) => {
    if (request.url === '/stop') stopped.http();
    response.end('served');
  }),
);
const echo = await lease(tcpServer((socket) => toWritable(fromReadable(socket), socket), { allowHalfOpen: true }));

stopped.http = () => {
  void Promise.all([web.release(), echo.release()]).then(() => {
    console.log('released');
  });
};

process.on('exit', () => {
  console.log('gone');
});
console.log(`listens ${web.value.port} ${echo.value.port}`);
