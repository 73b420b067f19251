import type { AccessTerms, Risk, Rule } from '@drawbridge/contracts';
import { describeRule } from '@drawbridge/scope';

type Level = Risk['level'];
const levels: readonly Level[] = ['low', 'medium', 'high'];
const LONG_SECONDS = 3600;

const reads = ['get', 'list', 'watch'];
const powers = ['impersonate', 'escalate', 'bind'];
const opened = ['exec', 'attach', 'portforward', 'proxy'];
const identities = ['rbac.authorization.k8s.io', 'certificates.k8s.io'];

interface RiskOfRule {
  readonly level: Level;
  readonly reason: string;
  readonly applies: (rule: Rule) => boolean;
}

/** What makes a rule dangerous, whoever asks for it. */
const risksOfRules: readonly RiskOfRule[] = [
  {
    level: 'high',
    reason: 'any verb, resource or API group',
    applies: ({ verbs, apiGroups, resources }) =>
      [...verbs, ...apiGroups, ...resources].some((word) => word.startsWith('*')),
  },
  {
    level: 'high',
    reason: 'every namespace and cluster-wide',
    applies: ({ namespaces }) => namespaces.includes('*'),
  },
  {
    level: 'high',
    reason: 'secrets or tokens',
    applies: ({ resources }) =>
      resources.some((name) => ['secrets', '*', 'serviceaccounts/token'].includes(name)),
  },
  {
    level: 'high',
    reason: 'acting as somebody else, or giving oneself more power',
    applies: ({ verbs, apiGroups }) =>
      verbs.some((verb) => powers.includes(verb)) ||
      (!isReadOnly(verbs) && apiGroups.some((group) => identities.includes(group))),
  },
  {
    level: 'high',
    reason: 'commands inside pods, or connections through the cluster',
    applies: ({ resources }) => resources.some((name) => opened.includes(name.split('/')[1] ?? '')),
  },
  {
    level: 'high',
    reason: 'deleting',
    applies: ({ verbs }) => verbs.some((verb) => verb === 'delete' || verb === 'deletecollection'),
  },
  {
    level: 'medium',
    reason: 'changing any object of a kind',
    applies: ({ verbs, resourceNames }) => !isReadOnly(verbs) && resourceNames === undefined,
  },
];

/** How dangerous the terms are, by rules that anybody can check, each with what it found. */
export function assessRisk(terms: AccessTerms): Risk {
  const found = [
    ...risksOfRules.flatMap(({ level, reason, applies }) => {
      const rule = terms.rules.find(applies);
      return rule === undefined ? [] : [{ level, reason: `${reason}: ${describeRule(rule)}` }];
    }),
    ...risksOfTerms(terms),
  ];
  const worst = Math.max(0, ...found.map(({ level }) => levels.indexOf(level)));
  return { level: levels[worst] ?? 'high', reasons: found.map(({ reason }) => reason) };
}

function risksOfTerms({ environment, rules, durationSeconds }: AccessTerms) {
  const risks: { level: Level; reason: string }[] = [];
  const isWrite = rules.some(({ verbs }) => !isReadOnly(verbs));
  if (/^prod/iu.test(environment)) {
    risks.push(
      isWrite
        ? { level: 'medium', reason: `changes in environment "${environment}"` }
        : { level: 'low', reason: `reads in environment "${environment}"` },
    );
  }
  if (durationSeconds > LONG_SECONDS) {
    risks.push({ level: 'medium', reason: `open for more than ${LONG_SECONDS} s` });
  }
  return risks;
}

function isReadOnly(verbs: readonly string[]): boolean {
  return verbs.every((verb) => reads.includes(verb));
}
