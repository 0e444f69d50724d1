import ts from 'typescript';

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'performance'];
const forbidden = new Set([...timers, 'Date']);
const globalObjects = new Set(['globalThis', 'window', 'self', 'global']);

/**
 * The places where a source reads the clock or starts a timer by a global, as `line: name`.
 *
 * `Date` as a type and in `x instanceof Date` is fine: a caller may hand over a date, the library just may not ask for
 * the current one. The check goes by name: a local variable called `performance` is reported too, and wants another name.
 */
export function findAmbientTime(text: string): string[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && forbidden.has(node.text) && isGlobalValue(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${String(line + 1)}: ${node.text}`);
    }
    if (!ts.isTypeNode(node)) ts.forEachChild(node, visit);
    // `typeof setTimeout` and the like inside a type read nothing at run time.
  };
  visit(source);
  return found;
}

function isGlobalValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && globalObjects.has(parent.expression.text);
  }
  const isPropertyName =
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent)) &&
    parent.name === node;
  const isInstanceCheck =
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
  return !isPropertyName && !isInstanceCheck;
}
