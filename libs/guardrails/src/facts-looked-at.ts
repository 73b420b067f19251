import type { GuardrailMatch, GuardrailRule } from '@drawbridge/contracts';

/** What a rule may look at of a call beside verb, resource, names, agent, time and the name of the connection. */
export type LookedAt = 'claims' | 'connection' | 'contentType' | 'dryRun' | 'grant' | 'query';

/**
 * What a rule looks at, its exceptions included; rather too much than too little. For those who judge calls of which
 * not everything is known any more, such as recorded ones.
 */
export function factsLookedAt(rule: GuardrailRule): ReadonlySet<LookedAt> {
  const conditions = [rule, ...(rule.except ?? [])];
  return new Set(
    conditions.flatMap(({ match = {}, when = '' }) => [...ofMatch(match), ...ofExpression(when)]),
  );
}

function ofMatch(match: GuardrailMatch): readonly LookedAt[] {
  const { agents, connections, contentTypes, dryRun, fieldManagers, grants, exec } = match;
  const given: readonly (readonly [LookedAt, unknown])[] = [
    ['claims', agents?.claims],
    ['connection', connections?.environments ?? connections?.labels],
    ['contentType', contentTypes],
    ['dryRun', dryRun],
    ['grant', grants],
    ['query', fieldManagers ?? exec],
  ];
  return given.flatMap(([fact, value]) => (value === undefined ? [] : [fact]));
}

const words: Readonly<Record<LookedAt, RegExp>> = {
  claims: /\bclaims\b/,
  connection: /\bconnection\b/,
  contentType: /\bcontentType\b/,
  dryRun: /\bdryRun\b/,
  grant: /\bgrant\b/,
  query: /\b(query|fieldManager|exec)\b/,
};

/** By the words in it, strings and comments included: no expression names a variable without its word. */
const ofExpression = (when: string): readonly LookedAt[] =>
  allFacts.filter((fact) => words[fact].test(when));

const allFacts: readonly LookedAt[] = [
  'claims',
  'connection',
  'contentType',
  'dryRun',
  'grant',
  'query',
];
