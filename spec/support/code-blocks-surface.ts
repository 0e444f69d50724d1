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
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class) && !isParticularError(symbol))
    .map((symbol) => ({ name: symbol.name, examples: countExamples(symbol) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isParticularError(symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration;
  const parents = declaration && ts.isClassDeclaration(declaration) ? (declaration.heritageClauses ?? []) : [];
  return parents.some((clause) => clause.types.some((type) => type.getText() === 'ResourceError'));
}

function countExamples(symbol: ts.Symbol): number {
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const source = declaration.getSourceFile();
    return blocksOfSource(source.fileName, source.text).filter((block) => block.symbol === symbol.name);
  });
  return texts[0]?.length ?? 0;
}
