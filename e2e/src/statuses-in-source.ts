import ts from 'typescript';
import { visitSources, type ProductSources } from './product-sources.js';

/**
 * Every number that a code is answered with (HTTP status, exit code), read from where it is given: object
 * literals whose keys are codes and whose values are numbers, or hold a number `statusCode`; and calls such as
 * `refuse(401, 'signature_invalid')`.
 *
 * @returns code → numbers
 */
export function statusesInSource(
  sources: ProductSources,
  codes: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, ReadonlySet<number>> {
  const checker = sources.program.getTypeChecker();
  const statuses = new Map<string, Set<number>>();
  visitSources(sources, (node) => {
    const rows = [...rowsOfTable(node, checker), ...rowsOfCall(node)];
    // Options of a library may be named like a code of ours; a table has codes only.
    if (!rows.every(({ code }) => codes.has(code))) return;
    for (const { code, status } of rows) {
      statuses.set(code, (statuses.get(code) ?? new Set()).add(status));
    }
  });
  return statuses;
}

interface Row {
  readonly code: string;
  readonly status: number;
}

function rowsOfTable(node: ts.Node, checker: ts.TypeChecker): readonly Row[] {
  if (!ts.isObjectLiteralExpression(node)) return [];
  const rows = node.properties.flatMap((property) => rowOf(property, checker));
  return rows.length === node.properties.length ? rows : [];
}

function rowsOfCall(node: ts.Node): readonly Row[] {
  if (!ts.isCallExpression(node)) return [];
  const [status, code] = node.arguments;
  if (status === undefined || code === undefined) return [];
  if (!ts.isNumericLiteral(status) || !ts.isStringLiteral(code)) return [];
  return [{ code: code.text, status: Number(status.text) }];
}

function rowOf(property: ts.ObjectLiteralElementLike, checker: ts.TypeChecker): readonly Row[] {
  if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) return [];
  const value = statusPartOf(property.initializer);
  const type = value === undefined ? undefined : checker.getTypeAtLocation(value);
  return type?.isNumberLiteral() === true ? [{ code: property.name.text, status: type.value }] : [];
}

/** Of `{ statusCode: 403, message: '…' }` the number, otherwise the value as it stands. */
function statusPartOf(value: ts.Expression): ts.Expression | undefined {
  if (!ts.isObjectLiteralExpression(value)) return value;
  return value.properties
    .filter((property) => ts.isPropertyAssignment(property))
    .find((property) => property.name.getText() === 'statusCode')?.initializer;
}
