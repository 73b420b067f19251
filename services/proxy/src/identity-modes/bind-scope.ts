import { isSame, labelKeys, type BoundObject, type BoundScope } from './bound-object.js';
import type { PolicyRule } from './bound-rules.js';
import type { AccessQuestion, ClusterRbac } from './cluster-rbac.js';
import { pause } from './pause.js';

/** How long the cluster may take to act on what it has stored. */
const EFFECTIVE_MS = 4_000;
const MAX_POLL_MS = 250;

/** A Role or binding has our name but says something else: somebody changed it, or made it before us. */
export class BindingConflict extends Error {}

/**
 * Makes role and binding of one scope and waits until the cluster acts on them: its authorizer learns of both
 * a little later than its store. Whoever else makes the same at the same time is no matter.
 *
 * @returns false when the namespace does not exist: no call there can succeed, so nothing is missing
 * @throws {@link BindingConflict}, or why the cluster did not do it
 */
export async function bindScope(
  rbac: ClusterRbac,
  { role, binding }: BoundScope,
): Promise<boolean> {
  if (!(await make(rbac, role)) || !(await make(rbac, binding))) return false;
  const question = questionFor(role, binding);
  if (question !== undefined) await untilEffective(rbac, question);
  return true;
}

/** Removes what is ours of one scope, the binding first: without it the role gives nobody anything. */
export async function unbindScope(rbac: ClusterRbac, { role, binding }: BoundScope): Promise<void> {
  for (const object of [binding, role]) {
    const stored = await rbac.read(object);
    if (stored !== undefined && isOurs(object, stored)) await rbac.remove(stored);
  }
}

const isOurs = (wanted: BoundObject, stored: BoundObject): boolean =>
  [labelKeys.managedBy, labelKeys.instance, labelKeys.grant].every(
    (key) => wanted.labels[key] === stored.labels[key],
  );

async function make(rbac: ClusterRbac, object: BoundObject): Promise<boolean> {
  const outcome = await rbac.create(object);
  if (outcome !== 'exists') return outcome === 'created';
  const stored = await rbac.read(object);
  if (stored === undefined) throw new Error(`${object.kind} ${object.name} went away meanwhile`);
  if (isSame(object, stored)) return true;
  throw new BindingConflict(
    `${object.kind} ${object.namespace}/${object.name} exists and is not what the grant says`,
  );
}

async function untilEffective(rbac: ClusterRbac, question: AccessQuestion): Promise<void> {
  const endMs = performance.now() + EFFECTIVE_MS;
  for (let pollMs = 10; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
    if (await rbac.mayAccess(question)) return;
    if (performance.now() > endMs) {
      throw new Error('the cluster holds the binding but does not act on it: is RBAC on?');
    }
    await pause(pollMs);
  }
}

/** One thing that the role allows, by which its effect is seen. */
function questionFor(role: BoundObject, binding: BoundObject): AccessQuestion | undefined {
  const [rule] = role.rules ?? [];
  const group = binding.subjects?.[0]?.name;
  if (rule === undefined || group === undefined) return undefined;
  return { group, namespace: role.namespace, ...attributesOf(rule) };
}

function attributesOf({ verbs, apiGroups, resources, resourceNames }: PolicyRule) {
  const any = (words: readonly string[], instead: string) => {
    const [word = instead] = words;
    return word === '*' ? instead : word;
  };
  const [resource = '', subresource = ''] = any(resources, 'pods').split('/');
  return {
    verb: any(verbs, 'get'),
    apiGroup: any(apiGroups, ''),
    resource: resource === '*' ? 'pods' : resource,
    subresource,
    name: resourceNames?.[0] ?? '',
  };
}
