import { createObject } from '../registry/create-object.js';
import { nowOf, type Registry } from '../registry/registry.js';
import { controllerWrites } from '../registry/write-options.js';
import { namespaces, nodes } from '../resources/cluster.js';
import { services } from '../resources/services.js';

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const nodeNames = ['sandbox-node-1', 'sandbox-node-2'];

/** Puts into an empty store what every cluster has: namespaces, nodes and the `kubernetes` service. */
export function seedCluster(registry: Registry, more: readonly string[]): void {
  const options = controllerWrites('kube-apiserver');
  for (const name of new Set([...systemNamespaces, ...more])) {
    const body = { metadata: { name } };
    createObject(registry, { type: namespaces, namespace: undefined, body, options });
  }
  for (const [index, name] of nodeNames.entries()) {
    createNode(registry, name, `10.0.0.${index + 1}`);
  }
  createObject(registry, {
    type: services,
    namespace: 'default',
    body: {
      metadata: {
        name: 'kubernetes',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        clusterIP: '10.96.0.1',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    },
    options,
  });
}

function createNode(registry: Registry, name: string, address: string): void {
  const time = nowOf(registry);
  const amount = { cpu: '4', memory: '8Gi', pods: '110' };
  const node = createObject(registry, {
    type: nodes,
    namespace: undefined,
    body: {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
        },
      },
      spec: {},
    },
    options: controllerWrites('kubelet'),
  });
  registry.store.put(nodes, {
    ...node,
    status: {
      capacity: amount,
      allocatable: amount,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        },
      ],
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        bootID: node.metadata.uid,
        containerRuntimeVersion: 'sandbox://1.0.0',
        kernelVersion: '6.12.0',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3',
        machineID: node.metadata.uid,
        operatingSystem: 'linux',
        osImage: 'Drawbridge sandbox',
        systemUUID: node.metadata.uid,
      },
    },
  });
}
