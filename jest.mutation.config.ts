/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';
import { unit } from './jest.config'; // no suffix: the loader of this file does not map .js to .ts

// A mutant is judged by the specs of the code alone: the architecture specs read the sources as text, and would fail
// on the instrumented ones; the must-fail specs run jest in a process of its own, out of the mutant's reach.
const config: Config = {
  ...unit,
  testPathIgnorePatterns: [
    ...(unit.testPathIgnorePatterns ?? []),
    '<rootDir>/spec/architecture/',
    '<rootDir>/spec/must-fail/',
  ],
};

export default config;
