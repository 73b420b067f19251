/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ObjectMeta,
  V1PolicyRule,
} from '@kubernetes/client-node';
import type { BoundKind, BoundObject, StoredObject } from './bound-object.js';
import type { PolicyRule } from './bound-rules.js';

/** As client-node reads them: Roles and ClusterRoles have the same fields, and so have their bindings. */
export type Wire = V1ClusterRole | V1ClusterRoleBinding;

const metadataOf = ({ name, namespace, labels, annotations }: BoundObject): V1ObjectMeta => ({
  name,
  ...(namespace !== '' && { namespace }),
  labels: { ...labels },
  annotations: { ...annotations },
});

/** A Role or a ClusterRole. */
export const roleBody = (role: BoundObject): V1ClusterRole => ({
  metadata: metadataOf(role),
  rules: (role.rules ?? []).map(({ apiGroups, resources, verbs, resourceNames }) => ({
    apiGroups: [...apiGroups],
    resources: [...resources],
    verbs: [...verbs],
    ...(resourceNames !== undefined && { resourceNames: [...resourceNames] }),
  })),
});

/** A RoleBinding or a ClusterRoleBinding. */
export function bindingBody(binding: BoundObject): V1ClusterRoleBinding {
  const { roleRef, subjects = [] } = binding;
  if (roleRef === undefined) throw new TypeError('a binding refers to a role');
  return { metadata: metadataOf(binding), roleRef, subjects: [...subjects] };
}

/** What the cluster holds, without what it adds for itself. */
export function storedOf(kind: BoundKind, object: Wire): StoredObject {
  const stored = { kind, ...metadataIn(object) };
  if (!('roleRef' in object)) return { ...stored, rules: (object.rules ?? []).map(ruleOf) };
  const { apiGroup = '', kind: role, name } = object.roleRef;
  const subjects = (object.subjects ?? []).map((subject) => ({
    ...{ apiGroup: subject.apiGroup ?? '', kind: subject.kind, name: subject.name },
  }));
  return { ...stored, roleRef: { apiGroup, kind: role, name }, subjects };
}

function metadataIn({ metadata }: Wire) {
  const { name = '', namespace = '', uid = '', labels = {}, annotations = {} } = metadata ?? {};
  return { name, namespace, uid, labels, annotations };
}

const ruleOf = (rule: V1PolicyRule): PolicyRule => ({
  apiGroups: rule.apiGroups ?? [],
  resources: rule.resources ?? [],
  verbs: rule.verbs,
  ...(rule.resourceNames !== undefined && { resourceNames: rule.resourceNames }),
});
