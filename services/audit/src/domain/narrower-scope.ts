import type { AccessEventData, NarrowerScope, UnusedRow } from '@drawbridge/contracts';
import { atomsOf, rulesOf, type NarrowingOptions } from './narrower-rules.js';
import { unusedWords, type UsedCalls } from './used-calls.js';

/** A grant that is over, and what it was used for. */
export interface UsedGrant {
  readonly accessRequestId: string;
  readonly issuedAt: string;
  readonly grant: AccessEventData<'GrantIssued'>;
  readonly used: readonly UsedCalls[];
  /** End of its last call; absent when there was none. */
  readonly lastUseAt: string | undefined;
}

const MINUTE = 60;

/** What one grant allowed and nobody used. */
export function unusedRow({
  accessRequestId,
  issuedAt,
  grant,
  used,
  ...rest
}: UsedGrant): UnusedRow {
  const { terms, grantee } = grant;
  const words = unusedWords(terms.rules, used);
  const usedSeconds = secondsOf({ grant, lastUseAt: rest.lastUseAt });
  const { verbs, resources, namespaces, names } = words;
  return {
    grantId: grant.grantId,
    accessRequestId,
    issuedAt,
    agentIssuer: grantee.issuer,
    agentSubject: grantee.subject,
    agentOwner: grantee.owner ?? '',
    connection: terms.connection,
    policy: grant.policy.name,
    action: terms.action ?? '',
    calls: used.reduce((sum, { calls }) => sum + calls, 0),
    unusedVerbs: [...verbs],
    unusedResources: [...resources],
    unusedNamespaces: [...namespaces],
    unusedNames: [...names],
    grantedSeconds: terms.durationSeconds,
    usedSeconds,
    wider:
      [verbs, resources, namespaces, names].some((kind) => kind.length > 0) ||
      usedSeconds * 2 < terms.durationSeconds,
  };
}

function secondsOf({ grant, lastUseAt }: Pick<UsedGrant, 'grant' | 'lastUseAt'>): number {
  if (lastUseAt === undefined) return 0;
  const seconds = Math.ceil((Date.parse(lastUseAt) - Date.parse(grant.startsAt)) / 1000);
  return Math.min(grant.terms.durationSeconds, Math.max(0, seconds));
}

/** What would have done, for each policy and action of which less would have. */
export function narrowerScopes(grants: readonly UsedGrant[]): NarrowerScope[] {
  const groups = new Map<string, UsedGrant[]>();
  for (const one of grants) {
    const key = JSON.stringify([one.grant.policy.name, one.grant.terms.action ?? '']);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => narrowerScope(group) ?? []);
}

function narrowerScope(grants: readonly UsedGrant[]): NarrowerScope | undefined {
  const [first] = grants;
  if (first === undefined) return undefined;
  const { policy, terms } = first.grant;
  const atoms = grants.flatMap(({ grant, used }) =>
    atomsOf(grant.terms.rules, used, optionsOf(grant)),
  );
  const rules = rulesOf(atoms);
  const times = grants.map(secondsOf).sort((one, other) => one - other);
  const most = Math.max(...grants.map(({ grant }) => grant.terms.durationSeconds));
  const long = times[Math.ceil(times.length * 0.95) - 1] ?? 0;
  const neededSeconds = Math.min(most, Math.max(MINUTE, Math.ceil(long / MINUTE) * MINUTE));
  if (neededSeconds === most && !isWiderThanUsed(grants)) return undefined;
  return {
    policy: policy.name,
    action: terms.action ?? '',
    connections: [...new Set(grants.map(({ grant }) => grant.terms.connection))].sort(),
    grants: grants.length,
    idleGrants: grants.filter(({ used }) => used.length === 0).length,
    grantedSeconds: most,
    neededSeconds,
    ...(rules === undefined ? {} : { rules }),
  };
}

/** Whether there is a word that none of them needed. */
function isWiderThanUsed(grants: readonly UsedGrant[]): boolean {
  const [first = [], ...others] = grants.map(({ grant, used }) =>
    Object.entries(unusedWords(grant.terms.rules, used)).flatMap(([kind, words]) =>
      (words as readonly string[]).map((word) => `${kind} ${word}`),
    ),
  );
  return first.some((word) => others.every((words) => words.includes(word)));
}

/** In rules of an action a parameter stands where its value was used; objects that none stands for may be any. */
function optionsOf({ terms }: UsedGrant['grant']): NarrowingOptions {
  const { action, parameters = {} } = terms;
  if (action === undefined) return {};
  const names = new Map(Object.entries(parameters).map(([name, value]) => [value, `{${name}}`]));
  return {
    pinNames: false,
    // Two parameters of one value could each be meant; the one that is called so is.
    word: (value, of) =>
      parameters['namespace'] === value && of === 'namespace' ? '{namespace}' : names.get(value),
  };
}
