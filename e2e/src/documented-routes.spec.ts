import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');
const methods: ReadonlySet<string> = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete']);

const documented = [
  ...readFileSync(join(root, 'docs/http-api.md'), 'utf8').matchAll(/^\| `([A-Z]+ \/[^`]*)`/gm),
].map(([, route = '']) => route);

/** Every route that a Nest controller of a service declares: `GET /v1/me`. */
function routesOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const classes = source.statements.filter((statement) => ts.isClassDeclaration(statement));
  return classes.flatMap((declaration) => {
    const controller = calls(declaration, source).find(({ name }) => name === 'Controller');
    if (controller === undefined) return [];
    return declaration.members
      .flatMap((member) => (ts.isMethodDeclaration(member) ? calls(member, source) : []))
      .filter(({ name }) => methods.has(name))
      .map(({ name, path }) => {
        const segments = [controller.path, path].filter((part) => part !== '');
        return `${name.toUpperCase()} /${segments.join('/')}`;
      });
  });
}

/** The decorators of a node that are calls, with the text they are given. */
function calls(node: ts.HasDecorators, source: ts.SourceFile) {
  return (ts.getDecorators(node) ?? []).flatMap(({ expression }) => {
    if (!ts.isCallExpression(expression)) return [];
    const [argument] = expression.arguments;
    const path = argument !== undefined && ts.isStringLiteral(argument) ? argument.text : '';
    return [{ name: expression.expression.getText(source), path }];
  });
}

const files = globSync('services/*/src/http/*.controller.ts', { cwd: root });
const declared = files.flatMap(routesOf);

describe('docs/http-api.md', () => {
  it('is compared with controllers of all three services', () => {
    expect(declared).toContain('POST /v1/access-requests');
    expect(declared).toContain('POST /v1/access-requests/:id/approve');
    expect(declared).toContain('GET /v1/audit/commands');
    expect(declared).toContain('GET /.well-known/drawbridge');
  });

  it('lists every route once, and none that does not exist', () => {
    expect([...documented].sort()).toEqual([...declared].sort());
  });
});
