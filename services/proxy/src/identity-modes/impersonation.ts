import { createHash } from 'node:crypto';
import type { ClusterIdentity, Principal } from '@drawbridge/contracts';
import type { CallIdentity } from '../credentials/credential.js';
import { CallRefused } from '../domain/call-refused.js';
import { grantGroup, GRANT_GROUP_PREFIX } from './grant-group.js';
import { identityValue } from './identity-value.js';

type Grantee = Pick<CallIdentity, 'agent' | 'grantId' | 'accessRequestId'>;
export type ImpersonateIdentity = Extract<ClusterIdentity, { mode: 'impersonate' }>;

/** Fewer than any API server accepts; a token with more groups than fit needs `groups` in the connection. */
const MAX_HEADER_BYTES = 32_768;

const extra = (key: string): string => `impersonate-extra-drawbridge.dev%2F${key}`;
const COMMAND = extra('command');

/**
 * The impersonation headers of one connection: user, uid, groups, and as extra the grant, the access request
 * and the command, so that the cluster's own audit log joins on them.
 *
 * They are computed once per verified token and grant; only the command differs between calls.
 */
export class Impersonation {
  readonly #known = new WeakMap<Principal, Map<string, readonly string[]>>();

  constructor(private readonly identity: ImpersonateIdentity) {}

  /**
   * name, value, name, value, … with one `impersonate-group` for each group.
   *
   * @throws {@link CallRefused} `identity_refused` when the agent cannot be told apart in the cluster, or would
   *   be somebody there that no agent may be: nothing may be sent then, least of all as the gateway itself
   */
  headers(call: CallIdentity): readonly string[] {
    return [...this.#headersOf(call), COMMAND, call.commandId];
  }

  /** Whether there are such headers. @throws as `headers` */
  check(call: Grantee): void {
    this.#headersOf(call);
  }

  #headersOf({ agent, grantId, accessRequestId }: Grantee): readonly string[] {
    const grants = this.#known.get(agent);
    const known = grants?.get(grantId);
    if (known !== undefined) return known;
    const headers = impersonationHeaders(this.identity, { agent, grantId, accessRequestId });
    if (grants !== undefined) grants.set(grantId, headers);
    else this.#known.set(agent, new Map([[grantId, headers]]));
    return headers;
  }
}

/** All but the command. */
export function impersonationHeaders(
  identity: ImpersonateIdentity,
  { agent, grantId, accessRequestId }: Grantee,
): readonly string[] {
  const groups = groupsOf(identity, agent);
  if (identity.ephemeralRbac) groups.add(grantGroup(grantId));
  const headers = [
    ...['impersonate-user', userOf(identity, agent)],
    ...['impersonate-uid', uidOf(agent)],
    ...[...groups].flatMap((group) => ['impersonate-group', group]),
    ...[extra('grant'), grantId, extra('access-request'), accessRequestId],
  ];
  if (headers.join('').length > MAX_HEADER_BYTES) {
    throw refused('its groups do not fit; the connection must name those that are passed on');
  }
  return headers;
}

function userOf({ userPrefix }: ImpersonateIdentity, { issuer, subject }: Principal): string {
  // An issuer could hold the "#" that ends it, and then be taken for another one.
  const from = identityValue(issuer)?.replaceAll('#', '%23');
  const who = identityValue(subject);
  if (from === undefined || who === undefined) throw refused('its issuer or subject is blank');
  return allowed(`${userPrefix}${from}#${who}`, 'its user');
}

/** The same for ever for one issuer and subject, and of nobody else. */
function uidOf({ issuer, subject }: Principal): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex');
  return digest.slice(0, 32);
}

function groupsOf(identity: ImpersonateIdentity, { groups }: Principal): Set<string> {
  // Types say so already; a principal built wrongly must still not act as the gateway.
  if (!Array.isArray(groups)) throw refused('its groups are no list');
  const passed = identity.groups;
  const names = groups.filter((group) => passed?.includes(group) ?? true);
  return new Set(names.map((group) => groupOf(identity.groupPrefix, group)));
}

function groupOf(prefix: string, group: unknown): string {
  const value = identityValue(group);
  if (value === undefined) throw refused('one of its groups is blank');
  return allowed(`${prefix}${value}`, 'one of its groups');
}

/** The last word on a name, whatever prefix and claim it came from. */
function allowed(name: string, what: string): string {
  if (/^system:/i.test(name)) throw refused(`${what} would be one of Kubernetes' own ("system:…")`);
  if (name.startsWith(GRANT_GROUP_PREFIX)) throw refused(`${what} would be that of a grant`);
  return name;
}

const refused = (why: string): CallRefused =>
  new CallRefused('identity_refused', `the cluster cannot be told who this agent is: ${why}`);
