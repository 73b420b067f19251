import type { ResourceRequest } from '../domain/kube-request.js';
import { formatKubeQuery } from '../domain/kube-query.js';
import { joinKubePath } from '../domain/kube-path.js';
import type { AskCluster } from './cluster-question.js';
import { isRecord, jsonAt, listAt, textAt } from './json-at.js';
import { selects } from './selects.js';

/** Of each kind so many are looked at; where there are more, the line says so. */
const LOOKED_AT = 500;
const NAMED = 5;

const kinds = {
  pods: ['api', 'v1'],
  deployments: ['apis', 'apps', 'v1'],
  statefulsets: ['apis', 'apps', 'v1'],
  daemonsets: ['apis', 'apps', 'v1'],
  replicasets: ['apis', 'apps', 'v1'],
  jobs: ['apis', 'batch', 'v1'],
  cronjobs: ['apis', 'batch', 'v1'],
  services: ['api', 'v1'],
  secrets: ['api', 'v1'],
  configmaps: ['api', 'v1'],
  persistentvolumeclaims: ['api', 'v1'],
  poddisruptionbudgets: ['apis', 'policy', 'v1'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Kind = keyof typeof kinds;

const inNamespace: readonly Kind[] = [
  'pods',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
  'services',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
];

interface Found {
  readonly items: readonly unknown[];
  /** There are more. */
  readonly more: boolean;
  /** Why nobody knows. */
  readonly unknown?: string;
}

/**
 * What a call touches beside its object, one fact a line: pods, replicas, disruption budgets, and what goes with
 * it. What cannot be found out is said so; it is never taken for nothing.
 *
 * @param object - as it is; `undefined` when there is none
 */
export async function touchesOf(
  ask: AskCluster,
  kube: ResourceRequest,
  object: unknown,
): Promise<string[]> {
  if (kube.verb === 'deletecollection') return collectionTouches(ask, kube);
  if (object === undefined || (kube.verb === 'create' && kube.subresource === '')) return [];
  if (kube.resource === 'namespaces' && kube.verb === 'delete') {
    return namespaceTouches(ask, kube.name);
  }
  if (kube.resource === 'nodes') return nodeTouches(ask, kube.name);
  return kube.namespace === '' ? [] : objectTouches(ask, kube.namespace, object);
}

async function collectionTouches(ask: AskCluster, kube: ResourceRequest): Promise<string[]> {
  const [path = ''] = kube.target.split('?', 1);
  const found = await listed(ask, path, {
    labelSelector: kube.labelSelector,
    fieldSelector: kube.fieldSelector,
  });
  return [factOf(`deletes ${kube.resource}`, found)];
}

/** All that goes with a namespace, by kind; kinds of which there are none are left out. */
async function namespaceTouches(ask: AskCluster, namespace: string): Promise<string[]> {
  const all = await Promise.all(
    inNamespace.map(async (kind) => [kind, await of(ask, kind, namespace)] as const),
  );
  const facts = all
    .filter(([, { items, unknown }]) => items.length > 0 || unknown !== undefined)
    .map(([kind, found]) =>
      replicated.has(kind) ? replicaFact(kind, found) : factOf(kind, found),
    );
  return [facts.length === 0 ? 'the namespace is empty' : `everything in it: ${facts.join('; ')}`]
    .flatMap((line) => split(line))
    .slice(0, 40);
}

const replicated: ReadonlySet<Kind> = new Set<Kind>(['deployments', 'statefulsets']);

function replicaFact(kind: Kind, found: Found): string {
  const replicas = found.items.map((item) => jsonAt(item, 'spec', 'replicas'));
  const sum = replicas.reduce<number>((all, one) => all + (typeof one === 'number' ? one : 1), 0);
  return `${factOf(kind, found)}, ${sum} replicas`;
}

async function nodeTouches(ask: AskCluster, node: string): Promise<string[]> {
  const pods = await listed(ask, '/api/v1/pods', { fieldSelector: `spec.nodeName=${node}` });
  return [factOf('pods on this node', pods)];
}

async function objectTouches(
  ask: AskCluster,
  namespace: string,
  object: unknown,
): Promise<string[]> {
  const [pods, sets, jobs, budgets] = await Promise.all(
    (['pods', 'replicasets', 'jobs', 'poddisruptionbudgets'] as const).map((kind) =>
      of(ask, kind, namespace),
    ),
  );
  if (pods === undefined || sets === undefined || jobs === undefined || budgets === undefined)
    return [];
  const owned = ownedBy(textAt(object, 'metadata', 'uid'), [sets, jobs, pods]);
  const mine = filtered(pods, (pod) => isTouched(object, pod));
  const held = filtered(budgets, (budget) =>
    mine.items.some((pod) =>
      selects(jsonAt(budget, 'spec', 'selector'), jsonAt(pod, 'metadata', 'labels')),
    ),
  );
  return [
    ...shown('pods', mine),
    ...shown('disruption budgets of these pods', held),
    ...shown(
      'dependents',
      filtered(owned, (item) => !mine.items.includes(item)),
    ),
  ];
}

/** Whether a pod is the object, is selected by it, or uses it. */
function isTouched(object: unknown, pod: unknown): boolean {
  const uid = textAt(object, 'metadata', 'uid');
  if (uid !== '' && textAt(pod, 'metadata', 'uid') === uid) return true;
  const kind = textAt(object, 'kind');
  const selector = jsonAt(object, 'spec', 'selector');
  const labels = jsonAt(pod, 'metadata', 'labels');
  if (kind === 'Service' || kind === 'ReplicationController') {
    return isRecord(selector) && selects({ matchLabels: selector }, labels);
  }
  if (selector !== undefined) return selects(selector, labels);
  return uses(pod, kind, textAt(object, 'metadata', 'name'));
}

const fieldsOfUse: Readonly<Record<string, readonly string[]>> = {
  Secret: ['secretName', 'secretRef', 'secretKeyRef', 'secret', 'imagePullSecrets'],
  ConfigMap: ['configMap', 'configMapRef', 'configMapKeyRef'],
  PersistentVolumeClaim: ['claimName'],
  ServiceAccount: ['serviceAccountName'],
};

/** Whether a pod's spec names the object where such objects are named. */
function uses(pod: unknown, kind: string, name: string): boolean {
  const fields = fieldsOfUse[kind];
  return fields !== undefined && names(jsonAt(pod, 'spec'), fields, name);
}

function names(value: unknown, fields: readonly string[], name: string): boolean {
  if (Array.isArray(value)) return value.some((entry) => names(entry, fields, name));
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([key, member]) => {
    if (!fields.includes(key)) return names(member, fields, name);
    if (Array.isArray(member)) return member.some((entry) => textAt(entry, 'name') === name);
    return member === name || textAt(member, 'name') === name || names(member, fields, name);
  });
}

/** Those owned by the object, and those owned by them. */
function ownedBy(uid: string, all: readonly Found[]): Found {
  const items = all.flatMap((found) => found.items);
  const owners = new Set(uid === '' ? [] : [uid]);
  const owned: unknown[] = [];
  for (let grown = true; grown;) {
    grown = false;
    for (const item of items) {
      const isOwned = listAt(item, 'metadata', 'ownerReferences').some((owner) =>
        owners.has(textAt(owner, 'uid')),
      );
      if (!isOwned || owned.includes(item)) continue;
      owned.push(item);
      owners.add(textAt(item, 'metadata', 'uid'));
      grown = true;
    }
  }
  const unknown = all.find((found) => found.unknown !== undefined)?.unknown;
  return {
    items: owned,
    more: all.some(({ more }) => more),
    ...(unknown !== undefined && { unknown }),
  };
}

const filtered = (found: Found, keep: (item: unknown) => boolean): Found => ({
  ...found,
  items: found.items.filter(keep),
});

const shown = (what: string, found: Found): string[] =>
  found.items.length === 0 && found.unknown === undefined ? [] : split(factOf(what, found));

function factOf(what: string, { items, more, unknown }: Found): string {
  if (unknown !== undefined) return `${what}: ${unknown}`;
  const named = items.slice(0, NAMED).map((item) => textAt(item, 'metadata', 'name'));
  const rest = items.length > NAMED ? ', …' : '';
  return `${what}: ${items.length}${more ? ' or more' : ''} (${named.join(', ')}${rest})`;
}

/** Facts are shown whole or not at all, so that none is longer than a card shows. */
function split(line: string): string[] {
  const pieces: string[] = [];
  for (let rest = line; rest !== '';) {
    const room = rest.length <= 180 ? rest.length : Math.max(rest.lastIndexOf(' ', 180), 90);
    pieces.push(rest.slice(0, room).trim());
    rest = rest.slice(room).trim();
  }
  return pieces;
}

const of = (ask: AskCluster, kind: Kind, namespace: string): Promise<Found> =>
  listed(ask, joinKubePath([...kinds[kind], 'namespaces', namespace, kind]), {});

async function listed(
  ask: AskCluster,
  path: string,
  selectors: Readonly<Record<string, string>>,
): Promise<Found> {
  const asked = Object.entries(selectors).filter(([, value]) => value !== '');
  const query = formatKubeQuery([...asked, ['limit', String(LOOKED_AT)]]);
  const { statusCode, body } = await ask({ method: 'GET', target: `${path}${query}` });
  if (statusCode !== 200) {
    const unknown = `not known, the cluster answered ${statusCode}`;
    // The cluster does not have such objects at all.
    return statusCode === 404 ? { items: [], more: false } : { items: [], more: false, unknown };
  }
  const list: unknown = JSON.parse(body.toString('utf8'));
  return { items: listAt(list, 'items'), more: textAt(list, 'metadata', 'continue') !== '' };
}
