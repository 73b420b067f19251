import { join } from 'node:path';
import { ApprovalConfig } from '@drawbridge/approval';
import { AuditConfig } from '@drawbridge/audit';
import { ConnectorConfig } from '@drawbridge/connector';
import { repositoryRoot } from '@drawbridge/embedded';
import { IdentityConfig } from '@drawbridge/identity';
import { PolicyConfig } from '@drawbridge/policy';
import { ProxyConfig } from '@drawbridge/proxy';
import { expect, it } from 'vitest';
import { z } from 'zod';

const schemas: Readonly<Record<string, z.ZodObject>> = {
  identity: IdentityConfig,
  policy: PolicyConfig,
  approval: ApprovalConfig,
  proxy: ProxyConfig,
  audit: AuditConfig,
  connector: ConnectorConfig,
};

const intro = `# Environment variables

Written from the configuration schemas of the services; \`npx vitest run --project int variables-document -u\`
writes it anew. A variable set to the empty string counts as absent. A service that is started with a bad
environment names every bad variable and ends with exit code 78. [Deployment](deployment.md) says how they are
used together.
`;

it('docs/variables.md is what the schemas say', async () => {
  const sections = Object.entries(schemas).map(([name, schema]) => section(name, schema));
  const document = [intro, ...sections].join('\n');
  await expect(document).toMatchFileSnapshot(join(repositoryRoot(), 'docs/variables.md'));
});

function section(name: string, { shape }: z.ZodObject): string {
  const rows = Object.entries(shape).map(([variable, schema]) => {
    const value = z.instanceof(z.ZodType).parse(schema);
    return [`\`${variable}\``, defaultOf(value), descriptionOf(value)];
  });
  return [`## ${name}`, '', table([['variable', 'default', ''], ...rows]), ''].join('\n');
}

/** `required`, or what an absent variable stands for. */
function defaultOf(schema: z.ZodType): string {
  const absent = schema.safeParse(undefined);
  if (!absent.success) return '**required**';
  if (absent.data === undefined) return '';
  const text = String(z.union([z.string(), z.number(), z.array(z.string())]).parse(absent.data));
  return text === '' ? 'none' : `\`${text}\``;
}

/** `.describe()` may stand before `.default()` or `.optional()`, which wrap it. */
function descriptionOf(schema: z.ZodType): string {
  if (schema.description !== undefined) return schema.description.replaceAll('|', '\\|');
  const wraps = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return wraps ? descriptionOf(z.instanceof(z.ZodType).parse(schema.unwrap())) : '';
}

/** Columns as wide as their widest cell, as prettier writes them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head, ' '), line([], '-'), ...body.map((row) => line(row, ' '))].join('\n');
}
