import { RequestedRule, RequestedScope, type Rule } from '@drawbridge/contracts';
import { parseLabels } from '@drawbridge/scope';
import { CliError } from '../cli-error.js';

export interface ScopeArguments {
  readonly action?: string;
  /** `name=value`, several. */
  readonly param: readonly string[];
  readonly namespace?: string;
  /** `key=value`, several: instead of a namespace, all that have these labels. */
  readonly namespaceLabel: readonly string[];
  /** `checkout-*`, several: names of what every rule is about. */
  readonly namePattern: readonly string[];
  /** `verbs=get,list,resources=pods,…`, several. */
  readonly rule: readonly string[];
  /** `kind/name`, several: short for `--param kind=name`. */
  readonly targets: readonly string[];
}

/**
 * The scope that the arguments of `drawbridge request` describe.
 *
 * @throws CliError `usage_invalid`
 */
export function parseScope(scope: ScopeArguments): RequestedScope {
  const { action, rule: rules } = scope;
  if ((action === undefined) === (rules.length === 0)) {
    throw usage('say what you need with --action <name>, or with --rule <rule>, not both');
  }
  if (scope.namespace !== undefined && scope.namespaceLabel.length > 0) {
    throw usage('say which namespace with --namespace or with --namespace-label, not both');
  }
  return RequestedScope.parse(action === undefined ? fromRules(scope) : fromAction(action, scope));
}

function fromAction(action: string, scope: ScopeArguments): RequestedScope {
  const { param, targets, namespaceLabel: labels, namePattern } = scope;
  const namespace = labels.length === 0 ? scope.namespace : labelText(labels);
  if (namePattern.length > 0) {
    throw usage(
      '--name-pattern belongs to --rule; of an action it is a target, such as "pod/web-*"',
    );
  }
  const given = [
    ...(namespace === undefined ? [] : [['namespace', namespace] as const]),
    ...targets.map((target) => split(target, '/', 'expected a target such as deployment/checkout')),
    ...param.map((text) => split(text, '=', '--param: expected name=value')),
  ];
  const parameters: Record<string, string> = {};
  for (const [name, value] of given) {
    if (Object.hasOwn(parameters, name)) throw usage(`the parameter "${name}" is given twice`);
    Object.defineProperty(parameters, name, { value, enumerable: true });
  }
  return { action, parameters };
}

/** As `--namespace` takes them. */
function labelText(labels: readonly string[]): string {
  const text = labels.join(',');
  if (parseLabels(text) === undefined) {
    throw usage(`--namespace-label: expected key=value, each key once, not "${text}"`);
  }
  return text;
}

function fromRules(scope: ScopeArguments): RequestedScope {
  const { rule, param, targets } = scope;
  if (param.length > 0) throw usage('--param belongs to --action');
  if (targets.length > 0) throw usage(`"${targets.join(' ')}" belongs to --action`);
  return { rules: rule.map((text) => parseRule(text, scope)) };
}

const keys: Readonly<Record<string, keyof Rule>> = {
  verbs: 'verbs',
  groups: 'apiGroups',
  apiGroups: 'apiGroups',
  resources: 'resources',
  namespaces: 'namespaces',
  names: 'resourceNames',
  resourceNames: 'resourceNames',
};

/** `verbs=get,list,resources=pods`: a word with `=` begins the next list. Core API group and `--namespace` are defaults. */
function parseRule(text: string, scope: ScopeArguments): RequestedRule {
  const rule: Partial<Record<keyof Rule, string[]>> = {};
  let current: string[] | undefined;
  for (const word of text.split(',')) {
    const [key, first] = word.includes('=') ? split(word, '=', expectedRule) : [undefined, word];
    if (key !== undefined) current = rule[newFieldOf(key, rule)] = [];
    if (current === undefined) throw usage(`--rule: ${expectedRule}`);
    current.push(first);
  }
  return checked({
    ...rule,
    apiGroups: (rule.apiGroups ?? ['core']).map((group) => (group === 'core' ? '' : group)),
    ...whereOf(rule, scope),
    ...(scope.namePattern.length > 0 && { resourceNamePatterns: scope.namePattern }),
  });
}

/** What a rule says of itself comes first. */
function whereOf(
  { namespaces }: { readonly namespaces?: string[] },
  { namespace, namespaceLabel: labels }: ScopeArguments,
): object {
  if (namespaces !== undefined) return { namespaces };
  if (labels.length === 0) return { namespaces: namespace === undefined ? undefined : [namespace] };
  return { namespaceSelector: { matchLabels: parseLabels(labelText(labels)) } };
}

function newFieldOf(key: string, rule: Partial<Record<keyof Rule, unknown>>): keyof Rule {
  const field = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (field === undefined) throw usage(`--rule: there is no "${key}"; ${expectedRule}`);
  if (rule[field] !== undefined) throw usage(`--rule: "${key}" is given twice`);
  return field;
}

const expectedRule =
  'expected verbs=…,resources=…,namespaces=… and, when needed, apiGroups=… and names=…';

function checked(rule: object): RequestedRule {
  const parsed = RequestedRule.safeParse(rule);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usage(`--rule: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; ${expectedRule}`);
}

function split(text: string, separator: string, expected: string): readonly [string, string] {
  const at = text.indexOf(separator);
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === '') throw usage(`${expected}, not "${text}"`);
  return [name, value];
}

const usage = (message: string): CliError => new CliError('usage_invalid', message);
