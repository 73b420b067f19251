export { readinessAnnotation } from './controllers/readiness-fault.js';
export type { Json, JsonObject } from './json.js';
export type { CustomResource } from './resources/custom-resource.js';
export {
  startSandboxCluster,
  type SandboxCluster,
  type SandboxClusterOptions,
} from './sandbox-cluster.js';
export { ManifestRefused } from './seed/apply-manifests.js';
export type { SandboxObjectRef, SandboxObjects } from './seed/sandbox-objects.js';
