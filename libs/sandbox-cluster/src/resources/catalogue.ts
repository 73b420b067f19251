import type { ResourceType } from '../registry/resource-type.js';
import { cronJobs, jobs } from './batch.js';
import {
  endpoints,
  events,
  leases,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  resourceQuotas,
  serviceAccounts,
} from './cluster.js';
import { configMaps, secrets } from './configuration.js';
import { pods } from './pods.js';
import { services } from './services.js';
import {
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
} from './workloads.js';

/** Every resource the sandbox stores; a new one is a line here and a definition beside the others. */
export const catalogue: readonly ResourceType[] = [
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  cronJobs,
  jobs,
  leases,
];

/** The resources that one sandbox serves: the catalogue, and what it was given besides. */
export class ResourceTypes {
  constructor(readonly all: readonly ResourceType[] = catalogue) {}

  /** The type at a path, `undefined` when the sandbox does not serve it. */
  find(group: string, version: string, resource: string): ResourceType | undefined {
    return this.all.find(
      (type) => type.group === group && type.version === version && type.resource === resource,
    );
  }

  /** The type of a kind, as `apiVersion` and `kind` name it. */
  ofKind(apiVersion: string, kind: string): ResourceType | undefined {
    const [version, group = ''] = apiVersion.split('/').toReversed();
    return this.all.find(
      (type) => type.group === group && type.version === version && type.kind === kind,
    );
  }
}
