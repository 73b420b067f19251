import { badRequest } from '../api-status.js';
import { type JsonObject, listAt, objectsAt, stringAt, stringsAt } from '../json.js';

type Labels = Readonly<Record<string, string>>;

/** One requirement of a label selector. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** True if `labels` meet every requirement. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Labels | undefined,
): boolean {
  return requirements.every((requirement) => meets(requirement, labels ?? {}));
}

function meets({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (value === undefined) return operator === '!' || operator === 'notin';
  switch (operator) {
    case 'exists':
      return true;
    case '!':
      return false;
    case 'in':
      return values.includes(value);
    case 'notin':
      return !values.includes(value);
    case 'gt':
      return Number(value) > Number(values[0]);
    case 'lt':
      return Number(value) < Number(values[0]);
  }
}

const key =
  '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?(?:/[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?';
const absent = new RegExp(`^!\\s*(${key})$`);
const present = new RegExp(`^(${key})$`);
const compared = new RegExp(`^(${key})\\s*(==|=|!=|>|<)\\s*([-A-Za-z0-9_.]*)$`);
const among = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([-A-Za-z0-9_.,\\s]*)\\)$`);

/**
 * Parses `?labelSelector=`: `app=checkout,tier!=db,env in (prod,test),!legacy,ready`.
 *
 * @throws {@link ApiStatus} 400 when the text is not a selector.
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  if (text.trim() === '') return [];
  return splitOutsideBrackets(text).map((part) => parseRequirement(part.trim()));
}

function splitOutsideBrackets(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): LabelRequirement {
  const [, negated] = absent.exec(text) ?? [];
  if (negated !== undefined) return { key: negated, operator: '!', values: [] };
  const [, name, operator, list = ''] = among.exec(text) ?? [];
  if (name !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    return { key: name, operator: operator === 'in' ? 'in' : 'notin', values };
  }
  const comparison = compared.exec(text);
  if (comparison !== null) return parseComparison(comparison);
  const [, existing] = present.exec(text) ?? [];
  if (existing !== undefined) return { key: existing, operator: 'exists', values: [] };
  throw badRequest(unparsable(text));
}

function unparsable(text: string): string {
  if (/^[^=!<>\s]+\s*(==|=|!=)[^=]*=/.test(text))
    return "found '=', expected: ',' or 'end of string'";
  return `unable to parse requirement: found '${text}', expected: an identifier, '=', '!=', '==', 'in', 'notin', '<' or '>'`;
}

function parseComparison([, name = '', sign, value = '']: readonly string[]): LabelRequirement {
  if (sign === '>' || sign === '<') {
    if (!/^-?\d+$/.test(value)) {
      throw badRequest(
        `unable to parse requirement: values[0][${name}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return { key: name, operator: sign === '>' ? 'gt' : 'lt', values: [value] };
  }
  return { key: name, operator: sign === '!=' ? 'notin' : 'in', values: [value] };
}

const setOperators: Readonly<Record<string, LabelRequirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** The requirements of a `metav1.LabelSelector`. An empty selector selects everything. */
export function selectorRequirements(selector: JsonObject): readonly LabelRequirement[] {
  return [
    ...Object.entries(stringsAt(selector, 'matchLabels')).map(
      ([name, value]): LabelRequirement => ({ key: name, operator: 'in', values: [value] }),
    ),
    ...objectsAt(selector, 'matchExpressions').map((expression): LabelRequirement => ({
      key: stringAt(expression, 'key') ?? '',
      operator: setOperators[stringAt(expression, 'operator') ?? ''] ?? '!',
      values: listAt(expression, 'values').filter((value) => typeof value === 'string'),
    })),
  ];
}

/** A `metav1.LabelSelector` as one line, `<none>` when it selects everything. */
export function formatSelector(selector: JsonObject): string {
  const requirements = selectorRequirements(selector).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  if (requirements.length === 0) return '<none>';
  return requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key: name, operator, values }: LabelRequirement): string {
  const [first = ''] = values;
  const set = `(${[...values].sort().join(',')})`;
  const forms: Readonly<Record<LabelRequirement['operator'], string>> = {
    exists: name,
    '!': `!${name}`,
    in: values.length === 1 ? `${name}=${first}` : `${name} in ${set}`,
    notin: `${name} notin ${set}`,
    gt: `${name}>${first}`,
    lt: `${name}<${first}`,
  };
  return forms[operator];
}
