export type { KeyedReport } from './keyed-closing.js';
export type { KeyedOptions } from './keyed-options.js';
export type { KeyedInstance, KeyedStats } from './keyed-stats.js';
export { keyed, Keyed } from './keyed.js';
export { shareResource, type ShareOptions } from './share-resource.js';
