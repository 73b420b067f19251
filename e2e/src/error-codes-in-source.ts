import ts from 'typescript';
import { visitSources, type ProductSources } from './product-sources.js';

/**
 * Every refusal code the product can give, found where codes come from:
 *
 * - the type argument of a class that extends `AppError`, and the code of a bare `new AppError(…)`;
 * - a closed list named `…RefusalReason`;
 * - a property `code` whose type is a closed list or a literal (`{ code: 'access_request_lapsed', … }`);
 * - the code for what has none: `codeOf(error) ?? 'handler_failed'`.
 *
 * @returns code → the files that declare or give it
 */
export function errorCodesInSource(
  sources: ProductSources,
): ReadonlyMap<string, ReadonlySet<string>> {
  const checker = sources.program.getTypeChecker();
  const codes = new Map<string, Set<string>>();
  visitSources(sources, (node, file) => {
    for (const code of codesGivenBy(node, checker)) {
      codes.set(code, (codes.get(code) ?? new Set()).add(file));
    }
  });
  return codes;
}

function codesGivenBy(node: ts.Node, checker: ts.TypeChecker): readonly string[] {
  const literals = (part: ts.Node | undefined) =>
    part === undefined ? [] : literalsOf(checker.getTypeAtLocation(part));
  if (ts.isClassDeclaration(node)) return codeArguments(node).flatMap(literals);
  if (ts.isNewExpression(node)) {
    return node.expression.getText() === 'AppError' ? literals(node.arguments?.[0]) : [];
  }
  if (ts.isTypeAliasDeclaration(node)) {
    return node.name.text.endsWith('RefusalReason') ? literals(node.type) : [];
  }
  if (ts.isBinaryExpression(node)) return isCodeOfNothing(node) ? literals(node.right) : [];
  return literals(valueOfOurCode(node, checker)).filter(isCode);
}

function codeArguments(node: ts.ClassDeclaration): readonly ts.TypeNode[] {
  const parents = node.heritageClauses?.flatMap((clause) => [...clause.types]) ?? [];
  return parents
    .filter((parent) => parent.expression.getText() === 'AppError')
    .flatMap((parent) => parent.typeArguments?.slice(0, 1) ?? []);
}

const isCodeOfNothing = ({ left, operatorToken }: ts.BinaryExpression): boolean =>
  operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
  ts.isCallExpression(left) &&
  left.expression.getText() === 'codeOf';

/** What a property `code` of a type or an object of ours holds; zod's issues have one too, in zod's words. */
function valueOfOurCode(node: ts.Node, checker: ts.TypeChecker): ts.Node | undefined {
  if (ts.isPropertySignature(node)) return node.name.getText() === 'code' ? node.type : undefined;
  if (!ts.isPropertyAssignment(node) || node.name.getText() !== 'code') return undefined;
  const expected = checker.getContextualType(node.parent)?.getProperty('code');
  const declared = expected?.declarations?.map((part) => part.getSourceFile().fileName) ?? [];
  return declared.some((file) => file.includes('/node_modules/')) ? undefined : node.initializer;
}

/** Kubernetes and HTTP have numbers as codes, Node and Slack have words; ours have an underscore. */
const isCode = (text: string): boolean => /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(text);

function literalsOf(type: ts.Type): string[] {
  if (type.isUnion()) return type.types.flatMap(literalsOf);
  return type.isStringLiteral() ? [type.value] : [];
}
