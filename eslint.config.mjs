import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import rxjs from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Typed by `lib: ESNext.Disposable`, but missing on the Node versions the package supports: look before use.
const missingOnOlderNode = ['DisposableStack', 'AsyncDisposableStack', 'SuppressedError'].map((name) => ({
  name,
  message: 'Missing on supported Node versions. Look for it on globalThis at the moment of use.',
}));

// A variable or parameter of the same name is fine, so this goes by scope; Date is a selector, because
// `instanceof Date` and the type are fine too.
const ambientTime = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'].map((name) => ({
  name,
  message: 'Time has one door: lib/internal/clock.ts.',
}));

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Named exports only: a name is what one searches for.',
};

const noAmbientDate = {
  selector:
    'NewExpression[callee.name="Date"], CallExpression[callee.name="Date"], MemberExpression[object.name="Date"]',
  message: 'Time has one door: lib/internal/clock.ts.',
};

export default defineConfig(
  // The libraries that bench/ compares with are installed there alone: a clean checkout cannot resolve their types.
  globalIgnores(['dist/', 'coverage/', 'reports/', '.stryker-tmp/', 'bench/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, rxjs.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-globals': ['error', ...missingOnOlderNode],

      // `Awaitable<boolean | void>` is the honest type of a callback whose answer is optional.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Numbers and booleans print as everybody expects.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // What a user threw is passed on as it is, whether or not it is an Error. An own error is an Error in any case.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      'rxjs-x/throw-error': 'off',
      // `T extends …` used once still names what the caller gets back.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',

      // Whoever writes operators subscribes and passes the subscription on, by adding it to a subscriber.
      'rxjs-x/no-ignored-subscription': 'off',
      // A subscriber passed as the observer has its error handler; the rule sees only the missing property.
      'rxjs-x/no-ignored-error': 'off',
      // Inside an operator, subscribing to an inner source within `next` is the job at hand.
      'rxjs-x/no-nested-subscribe': 'off',
      // A Resource is an Observable by design, and operators that keep state per subscriber extend Subscriber.
      'rxjs-x/no-subclass': 'off',
      // The names of observables follow the domain; `stats$` marks the one that stands beside a plain `stats`.
      'rxjs-x/finnish': 'off',
      // EmptyError and TimeoutError are RxJS's public errors; what it marks is that applications have no reason to construct them.
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', package: 'rxjs', name: ['EmptyError', 'TimeoutError'] }] },
      ],
      // An operator may hand a Subject of its own to a project function.
      'rxjs-x/no-exposed-subjects': 'off',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...missingOnOlderNode, ...ambientTime],
      'no-restricted-syntax': ['error', noDefaultExport, noAmbientDate],
      'max-lines': ['error', { max: 150, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // The RxJS layer. RxJS marks what a subclass of Subscriber needs as deprecated to keep applications off it; the
    // layer is the one place that builds on it, so that the engine and everything else need not.
    files: [
      'lib/concurrency/running-task.ts',
      'lib/concurrency/deadline-subscriber.ts',
      'lib/core/await-release.ts',
      'lib/core/consuming.ts',
      'lib/core/layer.ts',
      'lib/core/lost.ts',
      'lib/core/release-waiter.ts',
      'lib/core/scope-observable.ts',
      'lib/core/scope-subscriber.ts',
      'lib/core/supply-observable.ts',
      'lib/core/upstream.ts',
      'lib/interop/following.ts',
      'lib/testing/virtual-time.ts', // drives the scheduler that RxJS drives itself
    ],
    rules: { '@typescript-eslint/no-deprecated': 'off', 'rxjs-x/prefer-observer': 'off' },
  },
  {
    files: ['lib/internal/clock.ts'],
    rules: {
      'no-restricted-globals': ['error', ...missingOnOlderNode],
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      // `expect(object.method)` reads a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
      // Fakes satisfy an async interface without having anything to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // Generators under test may end, or fail, before their first yield.
      'require-yield': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  prettier,
);
