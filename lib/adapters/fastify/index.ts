export type { RequestScope } from '../response/request-scope.js';
export type { ResponsePort } from '../response/response-end.js';
export type { AppPort, LogPort, ReplyPort, RequestPort } from './app-port.js';
export {
  applicationResource,
  type ApplicationResource,
  type ApplicationResourceOptions,
} from './application-resource.js';
export { fastifyServer, type ListeningPort, type ListenOptions } from './fastify-server.js';
export { healthRoutes, type HealthOptions } from './health-routes.js';
export { perRequest, type PerRequest } from './per-request.js';
export type { Plugin } from './plugin.js';
export { requestScope, type RequestScopeOptions, type RequestScopes } from './request-scopes.js';
