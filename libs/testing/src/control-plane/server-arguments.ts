import type { ClusterFiles } from './cluster-files.js';

/** Loopback ports of one control plane. */
export interface ClusterPorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiserver: number;
  /** What the apiserver takes for the kubelet of the node. */
  readonly kubelet: number;
  /** kwok's own, which knows logs. */
  readonly kwok: number;
  /** Port that a forward to any port of any pod reaches; nobody listens there yet. */
  readonly pod: number;
}

const http = (port: number): string => `http://127.0.0.1:${port}`;

/** Why each flag is there: `tools/control-plane/README.md`. */
export const etcdArguments = (files: ClusterFiles, ports: ClusterPorts): string[] => [
  ...['--data-dir', files.path('etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
  ...['--listen-client-urls', http(ports.etcdClient)],
  ...['--advertise-client-urls', http(ports.etcdClient)],
  ...['--listen-peer-urls', http(ports.etcdPeer)],
  ...['--initial-advertise-peer-urls', http(ports.etcdPeer)],
  ...['--initial-cluster', `default=${http(ports.etcdPeer)}`],
];

export const apiserverArguments = (files: ClusterFiles, ports: ClusterPorts): string[] => [
  `--etcd-servers=${http(ports.etcdClient)}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${ports.apiserver}`,
  '--advertise-address=127.0.0.1',
  '--endpoint-reconciler-type=none',
  `--tls-cert-file=${files.path('apiserver.crt')}`,
  `--tls-private-key-file=${files.path('apiserver.key')}`,
  `--client-ca-file=${files.path('ca.crt')}`,
  '--authorization-mode=Node,RBAC',
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-signing-key-file=${files.path('sa.key')}`,
  `--service-account-key-file=${files.path('sa.key')}`,
  '--service-cluster-ip-range=10.0.0.0/24',
  `--kubelet-client-certificate=${files.path('admin.crt')}`,
  `--kubelet-client-key=${files.path('admin.key')}`,
  '--kubelet-preferred-address-types=InternalIP',
];

const client = (files: ClusterFiles): string[] => [
  `--kubeconfig=${files.path('admin.kubeconfig')}`,
  '--leader-elect=false',
  '--secure-port=0',
];

export const controllerManagerArguments = (files: ClusterFiles): string[] => [
  ...client(files),
  '--kube-api-qps=200',
  '--kube-api-burst=400',
  `--service-account-private-key-file=${files.path('sa.key')}`,
  `--root-ca-file=${files.path('ca.crt')}`,
];

export const schedulerArguments = (files: ClusterFiles): string[] => client(files);

/** @param stages - path of `tools/control-plane/kwok-stages.yaml` */
export const kwokArguments = (
  files: ClusterFiles,
  ports: ClusterPorts,
  stages: string,
): string[] => [
  `--kubeconfig=${files.path('admin.kubeconfig')}`,
  '--manage-all-nodes',
  '--node-lease-duration-seconds=40',
  `--config=${stages}`,
  `--config=${files.path('kwok-logs.yaml')}`,
  '--node-name=fake-node',
  '--node-ip=127.0.0.1',
  `--node-port=${ports.kubelet}`,
  `--server-address=127.0.0.1:${ports.kwok}`,
  `--tls-cert-file=${files.path('kubelet.crt')}`,
  `--tls-private-key-file=${files.path('kubelet.key')}`,
];

export const kubeletArguments = (files: ClusterFiles, ports: ClusterPorts): string[] => [
  `--address=127.0.0.1:${ports.kubelet}`,
  `--tls-cert-file=${files.path('kubelet.crt')}`,
  `--tls-private-key-file=${files.path('kubelet.key')}`,
  `--client-ca-file=${files.path('ca.crt')}`,
  `--logs=https://127.0.0.1:${ports.kwok}`,
  `--pod-port=${ports.pod}`,
];
