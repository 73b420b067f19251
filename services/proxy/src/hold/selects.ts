import { isRecord, jsonAt, listAt, textAt } from './json-at.js';

/** Whether a label selector of an object selects these labels. One that is not understood selects. */
export function selects(selector: unknown, labels: unknown): boolean {
  if (!isRecord(selector)) return false;
  const wanted = Object.entries(asRecord(selector['matchLabels']));
  return (
    wanted.every(([key, value]) => jsonAt(labels, key) === value) &&
    listAt(selector, 'matchExpressions').every((expression) => meets(expression, labels))
  );
}

function meets(expression: unknown, labels: unknown): boolean {
  const value = jsonAt(labels, textAt(expression, 'key'));
  const values = listAt(expression, 'values');
  switch (textAt(expression, 'operator')) {
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return true;
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : {};
