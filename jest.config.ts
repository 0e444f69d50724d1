/** @jest-config-loader esbuild-register */
import { availableParallelism } from 'node:os';

import type { Config } from 'jest';

const shared: Config = {
  // Each file by itself. The types of all of them are checked once, by spec/architecture/types.spec.ts: a compiler in each
  // worker takes longer, and more memory than a worker has.
  transform: { '^.+\\.ts$': ['ts-jest', { transpilation: true }] },
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/spec/support/setup.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1', // sources import each other with the .js suffix
    // Examples import what users import; the same stands in tsconfig.json.
    '^rxscope$': '<rootDir>/lib/index.ts',
    '^rxscope/(node|http|postgres|redis|fastify|nestjs)$': '<rootDir>/lib/adapters/$1/index.ts',
    '^rxscope/testing$': '<rootDir>/lib/testing/index.ts',
    '^rxscope/testing/jest$': '<rootDir>/lib/testing/jest/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.stryker-tmp/', '<rootDir>/bench/'],
};

/** Everything that needs no build and no process of its own: mirror of lib, architecture, properties. */
export const unit: Config = {
  ...shared,
  displayName: 'unit',
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/spec/package/', '<rootDir>/spec/examples/'],
};

const packed: Config = {
  ...shared,
  displayName: 'package',
  testMatch: ['<rootDir>/spec/package/**/*.spec.ts'],
  globalSetup: '<rootDir>/spec/package/support/install.mjs',
  globalTeardown: '<rootDir>/spec/package/support/uninstall.mjs',
};

const examples: Config = {
  ...shared,
  displayName: 'examples',
  testMatch: ['<rootDir>/spec/examples/**/*.spec.ts'],
};

const config: Config = {
  projects: [unit, packed, examples] as NonNullable<Config['projects']>,
  // Jest alone leaves one core to others, which is half of what a machine with two has.
  maxWorkers: Math.min(availableParallelism(), 4),
  workerIdleMemoryLimit: '1.5GB',
};

export default config;
