export type { RequestScope } from '../response/request-scope.js';
export type { ApplicationScope } from './application-scope.js';
export { RxscopeHealthModule, type HealthOptions } from './health-module.js';
export { nestApplication, type NestApplicationPort } from './nest-application.js';
export { provideRequestResource } from './provide-request-resource.js';
export { provideResource, type ProvideOptions } from './provide-resource.js';
export { RequestScoped, RequestScopePolicy } from './request-decorators.js';
export type { RequestScopeOptions } from './request-scope-options.js';
export { RxscopeModule } from './rxscope-module.js';
