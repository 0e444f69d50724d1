import type { AppPort } from './app-port.js';

/** A plugin, as `register` takes it. */
export type Plugin = (app: AppPort) => Promise<void>;

/** What Fastify is told about a plugin. */
export interface PluginMeta {
  /** Shown by `printPlugins()` and in errors, and what other plugins name among their dependencies. */
  readonly name: string;
  /** Plugins that have to be registered before. */
  readonly dependencies?: readonly string[];
}

/**
 * Marks a function as a plugin that acts on the instance it is registered on, instead of on a child of it.
 *
 * By the symbols that Fastify reads, and `fastify-plugin` writes.
 */
export function asPlugin<F extends Plugin>(plugin: F, meta: PluginMeta): F {
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: meta.name,
    [Symbol.for('plugin-meta')]: {
      name: meta.name,
      dependencies: [...(meta.dependencies ?? [])],
      fastify: '4.x || 5.x',
    },
  });
}
