import type { AccessTerms, Principal, Risk, RiskFactor, Rule } from '@drawbridge/contracts';
import { describeRule } from '@drawbridge/scope';
import type { Circumstances } from './circumstances.js';
import { modelFactors, type Opinion } from './model-opinion.js';
import type { RiskRule } from './policy-set.js';
import { historyFactors, isMeant } from './risk-rules.js';

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

/** Points of a built-in reason; further ones of whatever level only add a little. */
const pointsOf: Readonly<Record<Level, number>> = { low: 5, medium: 30, high: 60 };
const FURTHER_POINTS = 5;
const MAX_SCORE = 100;

/** What is asked, by whom and when. */
export interface RiskOf {
  readonly terms: AccessTerms;
  readonly requester: Principal;
  readonly rules: readonly RiskRule[];
  /** Without it nothing is said about hours, and nothing about the requester's history. */
  readonly circumstances?: Pick<Circumstances, 'at' | 'history'> | undefined;
  /** Absent: there is no model. */
  readonly opinion?: Opinion | undefined;
}

/**
 * How dangerous a request is, by rules that anybody can check, each with what it found and the points that it adds.
 * Nothing takes points away. The level follows from the score: from 30 it is medium, from 60 high.
 */
export function assessRisk(asked: RiskOf): Risk {
  const factors = [
    ...builtIn(asked.terms),
    ...asked.rules
      .filter((rule) => isMeant(rule, asked))
      .map(({ points, reason }) => {
        return { points, reason, by: 'rule' as const };
      }),
    ...historyFactors(asked.circumstances?.history),
    ...modelFactors(asked.opinion),
  ];
  const sum = factors.reduce((total, { points }) => total + points, 0);
  const score = Math.min(MAX_SCORE, sum);
  return { level: levelOf(score), reasons: factors.map(({ reason }) => reason), score, factors };
}

const levelOf = (score: number): Level =>
  score >= pointsOf.high ? 'high' : score >= pointsOf.medium ? 'medium' : 'low';

function builtIn(terms: AccessTerms): RiskFactor[] {
  const found = [
    ...risksOfRules.flatMap(({ level, reason, applies }) => {
      const rule = terms.rules.find(applies);
      return rule === undefined ? [] : [{ level, reason: `${reason}: ${describeRule(rule)}` }];
    }),
    ...risksOfTerms(terms),
  ];
  const worst = levels.findLast((level) => found.some((one) => one.level === level)) ?? 'low';
  const first = found.findIndex(({ level }) => level === worst);
  return found.map(({ reason }, index) => ({
    points: index === first ? pointsOf[worst] : FURTHER_POINTS,
    reason,
    by: 'rule',
  }));
}

function risksOfTerms({ environment, rules, durationSeconds, breakGlass }: AccessTerms) {
  const risks: { level: Level; reason: string }[] = [];
  if (breakGlass !== undefined) risks.push({ level: 'high', reason: 'nobody approves it before' });
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
