import { join } from 'node:path';
import ts from 'typescript';

/** One exported name of an entry point. */
export interface PublicName {
  readonly name: string;
  /** Whether its declaration carries a doc comment. */
  readonly documented: boolean;
}

/** What an entry point exports, sorted by name. `entry` is relative to `root`, the folder of tsconfig.json. */
export function readPublicSurface(root: string, entry: string): PublicName[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const file = join(root, entry);
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, documented: isDocumented(symbol, checker) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isDocumented(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  // A name re-exported from a dependency is documented where it is re-exported, if at all.
  return [target, symbol].some((candidate) => candidate.getDocumentationComment(checker).length > 0);
}
