import { join } from 'node:path';
import ts from 'typescript';
import { blocksOfSource, projectOptions } from './code-blocks.js';

/** A function or class that an entry point exports, and how many blocks of code its doc comment shows. */
export interface Shown {
  readonly name: string;
  readonly examples: number;
}

/**
 * The exported functions and classes of an entry point; types are left out.
 *
 * So are the heirs of `ResourceError`: what fails with an error shows it, and the error's own example could only
 * repeat that.
 */
export function readExamples(root: string, entry: string): Shown[] {
  const file = join(root, entry);
  const program = ts.createProgram([file], projectOptions());
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => !isTypeOnly(symbol))
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))
    .filter((symbol) => !isParticularError(checker.getDeclaredTypeOfSymbol(symbol)))
    .map((symbol) => ({ name: symbol.name, examples: countExamples(symbol) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether it is exported by `export type`: a class that way cannot be called. */
function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (one) => ts.isExportSpecifier(one) && (one.isTypeOnly || one.parent.parent.isTypeOnly),
  );
}

/** Whether it is an heir of `ResourceError`, or of one. */
function isParticularError(type: ts.Type): boolean {
  const parents = type.isClassOrInterface() ? (type.getBaseTypes() ?? []) : [];
  return parents.some((parent) => parent.symbol.name === 'ResourceError' || isParticularError(parent));
}

function countExamples(symbol: ts.Symbol): number {
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const source = declaration.getSourceFile();
    return blocksOfSource(source.fileName, source.text).filter((block) => block.symbol === symbol.name);
  });
  return texts[0]?.length ?? 0;
}
