import { DEMO_LABEL } from './demo-label.js';

const labels = { app: 'checkout' };
const namespace = 'payments';

/**
 * What the story needs in a cluster: a deployment to restart, a secret to be kept from the agent.
 *
 * The annotation makes the sandbox cluster fail the readiness probe until the next rollout; a real cluster
 * ignores it.
 */
export const demoManifests: readonly object[] = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { [DEMO_LABEL]: 'true' } },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'checkout',
      namespace,
      labels,
      annotations: { 'sandbox.drawbridge.dev/readiness': 'failing' },
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'checkout', image: 'registry.k8s.io/pause:3.10' }] },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace },
    stringData: { password: 'the-agent-never-sees-this' },
  },
];
