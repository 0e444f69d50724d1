/**
 * `Symbol.asyncDispose` and `Symbol.dispose`, looked up under the names Node has registered them with where the
 * realm has none of its own (jsdom on Node 20).
 */
export const asyncDispose: typeof Symbol.asyncDispose = /* @__PURE__ */ symbol('asyncDispose') as never;
export const dispose: typeof Symbol.dispose = /* @__PURE__ */ symbol('dispose') as never;

function symbol(name: string): symbol {
  const own = (Symbol as unknown as Record<string, unknown>)[name];
  return typeof own === 'symbol' ? own : Symbol.for(`nodejs.${name}`);
}
