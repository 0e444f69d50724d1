import ts from 'typescript';

/** Source text by path relative to `lib`, as in `core/index.ts`. */
export type FileMap = ReadonlyMap<string, string>;

/** What each layer may import beside its own folder. The keys are folders, or `index.ts` for the main entry. */
export type ArrowTable = ReadonlyMap<string, readonly string[]>;

interface Reference {
  readonly specifier: string;
  readonly reExport: boolean;
}

/** Reads the table under the heading "The arrow table". Only words in backticks count, the rest is for the reader. */
export function parseArrowTable(markdown: string): ArrowTable {
  const section = markdown.split(/^## The arrow table$/m)[1]?.split(/^## /m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  const table = new Map<string, readonly string[]>();
  for (const row of rows) {
    const [from = '', mayImport = ''] = row.split('|').slice(1);
    const [key] = inBackticks(from);
    if (key !== undefined) table.set(key, inBackticks(mayImport));
  }
  if (table.size === 0) throw new Error('ARCHITECTURE.md has no arrow table');
  return table;
}

/** Everything in `files` that breaks the table, closes a circle or re-exports outside an index; empty when all is well. */
export function findViolations(files: FileMap, table: ArrowTable): string[] {
  return [...findWrongArrows(files, table), ...findCycles(files), ...findReExports(files)];
}

export function findWrongArrows(files: FileMap, table: ArrowTable): string[] {
  const faults: string[] = [];
  for (const [file, source] of files) {
    const layer = layerOf(file, table);
    if (layer === undefined) {
      faults.push(`${file} is in a folder that the arrow table does not name`);
      continue;
    }
    for (const { specifier } of referencesOf(file, source)) {
      if (!isAllowed(file, specifier, layer, table)) faults.push(`${file} may not import ${specifier}`);
    }
  }
  return faults;
}

/** Each circle once, as a path that ends where it began. Type imports count: they bind the reader just as much. */
export function findCycles(files: FileMap): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push(`import cycle: ${[...path.slice(start), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const { specifier } of referencesOf(file, files.get(file) ?? '')) {
      const target = resolve(file, specifier);
      if (target !== undefined && files.has(target)) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return cycles;
}

export function findReExports(files: FileMap): string[] {
  const faults: string[] = [];
  for (const [file, source] of files) {
    if (isIndex(file)) continue;
    for (const { specifier, reExport } of referencesOf(file, source)) {
      if (reExport) faults.push(`${file} re-exports from ${specifier}; only index.ts files may`);
    }
  }
  return faults;
}

function isAllowed(file: string, specifier: string, layer: string, table: ArrowTable): boolean {
  const allowed = table.get(layer) ?? [];
  const target = resolve(file, specifier);
  if (target === undefined) return allowed.some((entry) => matches(entry, specifier));
  if (allowed.includes(target)) return true;
  const targetLayer = layerOf(target, table);
  if (targetLayer === undefined) return false;
  // Two adapters may share the row `adapters/*`; their own folder is still only their own.
  return allowed.includes(targetLayer) || ownFolder(file, layer) === ownFolder(target, targetLayer);
}

/** The most specific row for a file: exact before pattern, longer before shorter. */
function layerOf(file: string, table: ArrowTable): string | undefined {
  const folders = file.includes('/') ? prefixesOf(file.split('/').slice(0, -1)) : [file];
  for (const folder of folders) {
    const keys = [...table.keys()];
    const key = keys.find((candidate) => candidate === folder) ?? keys.find((candidate) => matches(candidate, folder));
    if (key !== undefined) return key;
  }
  return undefined;
}

function prefixesOf(segments: readonly string[]): string[] {
  return segments.map((_, index) => segments.slice(0, segments.length - index).join('/'));
}

function ownFolder(file: string, layer: string): string {
  return file.split('/').slice(0, layer.split('/').length).join('/');
}

function matches(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}

function isIndex(file: string): boolean {
  return file === 'index.ts' || file.endsWith('/index.ts');
}

/** A relative import as a path in `lib`; undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const segments = from.split('/').slice(0, -1);
  for (const segment of specifier.split('/')) {
    // Climbing out of lib must not look like a path inside it.
    if (segment === '..') segments.push(...(segments.pop() === undefined ? ['..'] : []));
    else if (segment !== '.') segments.push(segment);
  }
  return segments.join('/').replace(/\.js$/, '.ts');
}

/** Every import, re-export, `import()`, `require()` and `import('…')` type of a file. */
function referencesOf(file: string, text: string): Reference[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Reference[] = [];
  const imported = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) found.push({ specifier, reExport: ts.isExportDeclaration(node) });
    if (ts.isImportDeclaration(node) && specifier !== undefined) {
      for (const name of importedNames(node)) imported.set(name, specifier);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const name of locallyExportedNames(source)) {
    const specifier = imported.get(name);
    if (specifier !== undefined) found.push({ specifier, reExport: true });
  }
  return found;
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return textOf(node.expression);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (!ts.isCallExpression(node)) return undefined;
  const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require';
  return loads ? textOf(node.arguments[0]) : undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function importedNames(node: ts.ImportDeclaration): string[] {
  const clause = node.importClause;
  const bindings = clause?.namedBindings;
  const named = bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? [bindings] : bindings.elements;
  return [...(clause?.name === undefined ? [] : [clause]), ...named].map((binding) => binding.name?.text ?? '');
}

/** The names of `export { a, b as c }` without `from`, as they are called inside the file. */
function locallyExportedNames(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) &&
    statement.moduleSpecifier === undefined &&
    statement.exportClause !== undefined &&
    ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map((element) => (element.propertyName ?? element.name).text)
      : [],
  );
}

function inBackticks(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
