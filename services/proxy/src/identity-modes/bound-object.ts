import { isDeepStrictEqual } from 'node:util';
import type { OpenGrant } from '../domain/open-grants.js';
import { boundRules, type PolicyRule } from './bound-rules.js';
import { grantGroup } from './grant-group.js';

export type BoundKind = 'Role' | 'RoleBinding' | 'ClusterRole' | 'ClusterRoleBinding';
type Texts = Readonly<Record<string, string>>;

/** A Role or a binding as we make it, and as the cluster gives it back. */
export interface BoundObject {
  readonly kind: BoundKind;
  readonly name: string;
  /** `''` for what is cluster-scoped. */
  readonly namespace: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Of a role. */
  readonly rules?: readonly PolicyRule[];
  /** Of a binding. */
  readonly roleRef?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}

export interface Subject {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** What exists in the cluster, as it was when it was read. */
export interface StoredObject extends BoundObject {
  readonly uid: string;
}

/** One place in which a grant is bound: a role and what binds it, the role first. */
export interface BoundScope {
  /** `''` for the whole cluster. */
  readonly namespace: string;
  readonly role: BoundObject;
  readonly binding: BoundObject;
}

/** Whose objects they are: one connection of one installation. */
export interface BoundOwner {
  readonly instance: string;
  readonly connection: string;
}

const RBAC = 'rbac.authorization.k8s.io';
export const labelKeys = {
  managedBy: 'app.kubernetes.io/managed-by',
  instance: 'drawbridge.dev/instance',
  connection: 'drawbridge.dev/connection',
  grant: 'drawbridge.dev/grant',
  accessRequest: 'drawbridge.dev/access-request',
} as const;

/** Selects what one connection of one installation has made, and nothing else. */
export const ownedBy = ({ instance, connection }: BoundOwner): string =>
  Object.entries(ownerLabels({ instance, connection }))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

const ownerLabels = ({ instance, connection }: BoundOwner): Texts => ({
  [labelKeys.managedBy]: 'drawbridge',
  [labelKeys.instance]: instance,
  [labelKeys.connection]: connection,
});

/** All that must exist for a grant, the same wherever and how often it is asked for. */
export function boundScopes(grant: OpenGrant, owner: BoundOwner): readonly BoundScope[] {
  const { everywhere, byNamespace } = boundRules(grant.rules);
  const scopes = [...byNamespace].map(([namespace, rules]) =>
    scopeOf(grant, owner, { namespace, rules }),
  );
  if (everywhere.length === 0) return scopes;
  return [scopeOf(grant, owner, { namespace: '', rules: everywhere }), ...scopes];
}

interface Place {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

function scopeOf(grant: OpenGrant, owner: BoundOwner, { namespace, rules }: Place): BoundScope {
  const { grantId, accessRequestId, issuer, subject, endsAtMs } = grant;
  const kind = namespace === '' ? 'ClusterRole' : 'Role';
  const name = `drawbridge-${grantId}`;
  const metadata = {
    name,
    namespace,
    labels: {
      ...ownerLabels(owner),
      [labelKeys.grant]: grantId,
      [labelKeys.accessRequest]: accessRequestId,
    },
    annotations: {
      'drawbridge.dev/agent': `${issuer}#${subject}`,
      'drawbridge.dev/expires-at': new Date(endsAtMs).toISOString(),
    },
  };
  const subjects = [{ apiGroup: RBAC, kind: 'Group', name: grantGroup(grantId) }];
  return {
    namespace,
    role: { kind, ...metadata, rules },
    binding: {
      kind: `${kind}Binding`,
      ...metadata,
      roleRef: { apiGroup: RBAC, kind, name },
      subjects,
    },
  };
}

/** Whether what is stored means what was wanted and carries our labels; what others added to it is theirs. */
export function isSame(wanted: BoundObject, stored: BoundObject): boolean {
  const labelled = Object.entries(wanted.labels).every(
    ([key, value]) => stored.labels[key] === value,
  );
  return labelled && isDeepStrictEqual(meaningOf(wanted), meaningOf(stored));
}

const meaningOf = ({ kind, namespace, name, rules, roleRef, subjects }: BoundObject) => ({
  ...{ kind, namespace, name, roleRef, subjects },
  rules: rules?.map(({ apiGroups, resources, verbs, resourceNames = [] }) => ({
    ...{ apiGroups, resources, verbs, resourceNames },
  })),
});
