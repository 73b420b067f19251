import type { ExportedRecord } from './exported-record.js';

/**
 * What stands at a path of a record, as text; `''` when there is nothing, or something that is not one value.
 *
 * @param path - names with dots between, e.g. `agent.subject`
 */
export function exportedField({ fields }: Pick<ExportedRecord, 'fields'>, path: string): string {
  let value: unknown = fields;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return '';
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
