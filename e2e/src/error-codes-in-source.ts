import { globSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const SOURCES = ['libs', 'services', 'apps'].map((part) => `${part}/*/src/**/*.ts`);

/**
 * Every refusal code the product can give, read from the types: the type argument of each class that extends
 * `AppError`, and each exported union named `…RefusalReason` (the closed lists of decisions).
 *
 * @returns code → the files that declare it, relative to `root`
 */
export function errorCodesInSource(root: string): ReadonlyMap<string, readonly string[]> {
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .map((file) => join(root, file));
  const program = ts.createProgram(files, compilerOptions(root));
  const checker = program.getTypeChecker();
  const codes = new Map<string, string[]>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source === undefined) continue;
    for (const node of declaredCodes(source)) {
      for (const code of literals(checker.getTypeFromTypeNode(node))) {
        codes.set(code, [...(codes.get(code) ?? []), file.slice(root.length + 1)]);
      }
    }
  }
  return codes;
}

function compilerOptions(root: string): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  return { ...parsed.options, noEmit: true, composite: false };
}

function declaredCodes(source: ts.SourceFile): ts.TypeNode[] {
  const found: ts.TypeNode[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node)) found.push(...codesOfClass(node));
    if (ts.isTypeAliasDeclaration(node) && node.name.text.endsWith('RefusalReason'))
      found.push(node.type);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function codesOfClass(node: ts.ClassDeclaration): readonly ts.TypeNode[] {
  const parents = node.heritageClauses?.flatMap((clause) => [...clause.types]) ?? [];
  return parents
    .filter((parent) => parent.expression.getText() === 'AppError')
    .flatMap((parent) => parent.typeArguments?.slice(0, 1) ?? []);
}

function literals(type: ts.Type): string[] {
  if (type.isUnion()) return type.types.flatMap(literals);
  return type.isStringLiteral() ? [type.value] : [];
}
