// Node 20 runs no TypeScript, and tsx does not reach into worker threads by itself.
import { register } from 'tsx/esm/api';

register();
await import('./model-worker.ts');
