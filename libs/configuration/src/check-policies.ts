import { scheduleOfGroup, type PolicyDocument } from '@drawbridge/contracts';
import { cutToNamespaces, namespacesOutside, placeholdersOf } from '@drawbridge/scope';
import { askedGroups } from './asked-groups.js';
import { checkWildcards } from './check-wildcards.js';
import {
  entriesOf,
  error,
  warning,
  type Check,
  type Checked,
  type Entry,
  type Finding,
} from './entry.js';
import { compilePattern } from './pattern.js';

/** Policies name what exists, and allow something. */
export const checkPolicies: Check = (checked) =>
  entriesOf(checked.entries, 'Policy').flatMap((entry) => [
    ...checkConnections(entry, checked),
    ...checkActions(entry, checked),
    ...checkRules(entry, checked),
    ...checkPatterns(entry, checked),
    ...checkSubjects(entry, checked),
    ...checkApprovers(entry, checked),
    ...checkStepTimes(entry, checked),
    ...checkStepUp(entry, checked),
    ...checkTicketSteps(entry, checked),
  ]);

type PolicyCheck = (entry: Entry<PolicyDocument>, checked: Checked) => readonly Finding[];

const checkConnections: PolicyCheck = (entry, { entries, kinds }) => {
  if (!kinds.has('Connection')) return [];
  const connections = entriesOf(entries, 'Connection').map(({ document }) => document);
  const names = new Set(connections.map(({ metadata }) => metadata.name));
  const environments = new Set(connections.map(({ spec }) => spec.environment));
  const path = ['spec', 'connections'];
  return [
    ...missing(entry.document.spec.connections.names, names).map(([name, index]) =>
      error(entry, [...path, 'names', index], `no connection is named "${name}"`),
    ),
    // Not an error: one set of policies may serve several places, each with its own clusters.
    ...missing(entry.document.spec.connections.environments, environments).map(([name, index]) =>
      warning(entry, [...path, 'environments', index], `no connection has environment "${name}"`),
    ),
  ];
};

const checkActions: PolicyCheck = (entry, { entries, kinds }) => {
  const { actions, rules, namespaces } = entry.document.spec;
  if (actions.length === 0 && rules === undefined) {
    return [error(entry, ['spec'], 'allows nothing: expected "actions" or "rules"')];
  }
  if (!kinds.has('Action')) return [];
  const known = new Map(
    entriesOf(entries, 'Action').map(({ document }) => [document.metadata.name, document.spec]),
  );
  return actions.flatMap((name, index) => {
    const action = known.get(name);
    const path = ['spec', 'actions', index];
    if (action === undefined) return [error(entry, path, `no action is named "${name}"`)];
    const fixed = action.rules.filter((rule) => placeholdersOf([rule]).size === 0);
    const isOutside = cutToNamespaces(fixed, namespaces).length < fixed.length;
    return isOutside
      ? [error(entry, path, `action "${name}" has rules in none of the policy's namespaces`)]
      : [];
  });
};

const checkRules: PolicyCheck = (entry) => {
  const { rules = [], namespaces } = entry.document.spec;
  const outside = rules.flatMap((rule, index) =>
    namespacesOutside([rule], namespaces).map((namespace) =>
      error(
        entry,
        ['spec', 'rules', index, 'namespaces'],
        `"${namespace}" is outside the policy's namespaces`,
      ),
    ),
  );
  return [...outside, ...checkWildcards(entry, { rules, path: ['spec', 'rules'] })];
};

const checkPatterns: PolicyCheck = (entry) =>
  (['reason', 'ticket'] as const).flatMap((field) => {
    const pattern = entry.document.spec[field]?.pattern;
    if (pattern === undefined || isPattern(pattern)) return [];
    const message = 'expected a regular expression in RE2 syntax';
    return [error(entry, ['spec', field, 'pattern'], message)];
  });

const checkSubjects: PolicyCheck = (entry, { entries, kinds }) => {
  if (!kinds.has('Issuer')) return [];
  const known = new Set(entriesOf(entries, 'Issuer').map(({ document }) => document.spec.issuer));
  return missing(entry.document.spec.subjects.issuers, known).map(([issuer, index]) =>
    warning(entry, ['spec', 'subjects', 'issuers', index], `no Issuer document has "${issuer}"`),
  );
};

/** Warnings only: groups of tokens need no Human document. */
const checkApprovers: PolicyCheck = (entry, { entries, kinds }) => {
  const humans = entriesOf(entries, 'Human').map(({ document }) => document.spec);
  if (!kinds.has('Human') || humans.length === 0) return [];
  const known = new Set(humans.flatMap(({ groups }) => groups));
  return askedGroups(entry.document.spec).flatMap(({ path, groups, count }) => {
    if (groups.some((group) => scheduleOfGroup(group) !== undefined)) return [];
    const at = ['spec', 'approval', ...path];
    const members = humans.filter((human) => human.groups.some((group) => groups.includes(group)));
    const unknown = missing(groups, known).map(([group, index]) =>
      warning(entry, [...at, index], `no Human document has group "${group}"`),
    );
    return unknown.length > 0 || members.length >= count
      ? unknown
      : [
          warning(
            entry,
            at,
            `${count} humans are wanted, and ${members.length} are in these groups`,
          ),
        ];
  });
};

/** A step waits no longer than the request; what comes later would never come. */
const checkStepTimes: PolicyCheck = (entry) => {
  const { approval } = entry.document.spec;
  if (approval.type !== 'steps') return [];
  const { timeoutSeconds } = approval;
  return approval.steps.flatMap((step, index) => {
    if ('ticket' in step) return [];
    const { remindAfterSeconds = 0, escalate = [] } = step;
    const path = ['spec', 'approval', 'steps', index];
    const never = `never comes: the request lapses after ${timeoutSeconds} s`;
    const reminder =
      remindAfterSeconds < timeoutSeconds
        ? []
        : [error(entry, [...path, 'remindAfterSeconds'], never)];
    const escalations = escalate.flatMap(({ afterSeconds }, level) => {
      const field = [...path, 'escalate', level, 'afterSeconds'];
      if (afterSeconds >= timeoutSeconds) return [error(entry, field, never)];
      return afterSeconds > (escalate[level - 1]?.afterSeconds ?? 0)
        ? []
        : [error(entry, field, 'expected a later time than of the escalation before')];
    });
    return [...reminder, ...escalations];
  });
};

const checkStepUp: PolicyCheck = (entry, { entries, kinds }) => {
  const { stepUp, approval, breakGlass } = entry.document.spec;
  if (stepUp === undefined) return [];
  const path = ['spec', 'stepUp'];
  if (approval.type === 'none') {
    // Whoever breaks the glass logs in with the CLI.
    if (breakGlass !== undefined) return [];
    return [error(entry, path, 'nobody approves, so nobody logs in')];
  }
  if (!kinds.has('Issuer')) return [];
  const canLogIn = entriesOf(entries, 'Issuer').some(
    ({ document }) => document.spec.login?.web !== undefined,
  );
  return canLogIn ? [] : [error(entry, path, 'no Issuer document has "login.web"')];
};

/** A ticket system is asked once, by a ticket that every request names, and can answer. */
const checkTicketSteps: PolicyCheck = (entry, { entries, kinds }) => {
  const { approval, ticket } = entry.document.spec;
  if (approval.type !== 'steps') return [];
  const inbound = new Set(
    entriesOf(entries, 'Webhook')
      .filter(({ document }) => document.spec.inbound !== undefined)
      .map(({ document }) => document.metadata.name),
  );
  const asked = approval.steps.map((step) => ('ticket' in step ? step.ticket : undefined));
  return asked.flatMap((name, index) => {
    if (name === undefined) return [];
    const at = ['spec', 'approval', 'steps', index, 'ticket'];
    return [
      ...(ticket?.required === true
        ? []
        : [
            error(
              entry,
              at,
              'needs "ticket: {required: true}": a request without one waits in vain',
            ),
          ]),
      ...(asked.indexOf(name) === index
        ? []
        : [error(entry, at, `"${name}" is asked in another step already`)]),
      ...(!kinds.has('Webhook') || inbound.has(name)
        ? []
        : [error(entry, at, `no Webhook document "${name}" has "inbound"`)]),
    ];
  });
};

function missing(
  words: readonly string[] | undefined,
  known: ReadonlySet<string>,
): (readonly [string, number])[] {
  return (words ?? [])
    .map((word, index) => [word, index] as const)
    .filter(([word]) => !known.has(word));
}

function isPattern(source: string): boolean {
  try {
    return typeof compilePattern(source) === 'function';
  } catch {
    return false;
  }
}
