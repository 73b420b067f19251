import type { GuardrailMatch } from '@drawbridge/contracts';
import type { GuardedAgent } from '../guarded-call.js';
import { compileGlobs, type Glob } from './glob.js';
import { ofGlob, type Matcher } from './match-request.js';
import { matchOf, type Match } from './tri-state.js';

/** Who calls, where, and by which grant. */
export function compilePeopleMatch({ agents, connections, grants }: GuardrailMatch): Matcher[] {
  return [
    ...(agents === undefined ? [] : compileAgent(agents)),
    ...(connections === undefined ? [] : compileConnection(connections)),
    ...(grants === undefined ? [] : compileGrant(grants)),
  ];
}

type Part<Name extends 'agents' | 'connections' | 'grants'> = NonNullable<GuardrailMatch[Name]>;

function compileAgent({ issuers, subjects, owners, groups, claims = {} }: Part<'agents'>) {
  return [
    ...ofGlob(issuers, ({ call }) => call.agent.issuer),
    ...ofGlob(subjects, ({ call }) => call.agent.subject),
    ...ofGlob(owners, ({ call }) => call.agent.owner),
    ...compileGroups(groups),
    ...Object.entries(claims).map(([pointer, patterns]) =>
      compileClaim(pointer, compileGlobs(patterns)),
    ),
  ];
}

function compileConnection({ names, environments, labels = {} }: Part<'connections'>) {
  return [
    ...ofGlob(names, ({ call }) => call.connection.name),
    ...ofGlob(environments, ({ call }) => call.connection.environment),
    ...Object.entries(labels).flatMap(([key, pattern]) =>
      ofGlob([pattern], ({ call: { connection } }) =>
        Object.hasOwn(connection.labels, key) ? connection.labels[key] : undefined,
      ),
    ),
  ];
}

function compileGroups(patterns: readonly string[] | undefined): Matcher[] {
  if (patterns === undefined) return [];
  const isMeant = compileGlobs(patterns);
  return [({ call }) => matchOf(call.agent.groups.some((group) => isMeant(group)))];
}

function compileGrant({ actions, policies, approvedByHuman, ticket }: Part<'grants'>): Matcher[] {
  return [
    ...ofGlob(actions, ({ call }) => call.grant.action ?? ''),
    ...ofGlob(policies, ({ call }) => call.grant.policy),
    ...(approvedByHuman === undefined
      ? []
      : [ofFlag(approvedByHuman, ({ call }) => call.grant.approvers.length > 0)]),
    ...(ticket === undefined
      ? []
      : [ofFlag(ticket, ({ call }) => (call.grant.ticket ?? '') !== '')]),
  ];
}

const ofFlag =
  (expected: boolean, flagOf: (view: Parameters<Matcher>[0]) => boolean): Matcher =>
  (view) =>
    matchOf(flagOf(view) === expected);

/** JSON pointer (RFC 6901) into the claims. */
function compileClaim(pointer: string, isMeant: Glob): Matcher {
  const path = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return ({ call }) => matchClaim(call.agent, path, isMeant);
}

function matchClaim({ claims }: GuardedAgent, path: readonly string[], isMeant: Glob): Match {
  if (claims === undefined) return 'unknown';
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<string, unknown>>)[key]
        : undefined,
    claims,
  );
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return matchOf(values.some((one) => isScalar(one) && isMeant(String(one))));
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
