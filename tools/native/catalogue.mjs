import { benchTools } from './bench-tools.mjs';
import { chromium } from './chromium.mjs';
import { clientTools } from './client-tools.mjs';
import { pinnedReleases } from './pinned-releases.mjs';

/**
 * @typedef {'nats-server' | 'kubectl' | 'etcd' | 'kube-apiserver' | 'kube-controller-manager'
 *   | 'kube-scheduler' | 'kwok' | 'test-kubelet' | 'request-info'
 *   | 'kubectl-1.20' | 'kubectl-1.27' | 'kubectl-1.30' | 'helm' | 'informers' | 'chromium' | 'vegeta' | 'nginx' | 'haproxy' | 'wrk' | 'h2load'} ToolName
 */

/**
 * Where a tool may come from and which versions of it will do.
 *
 * @typedef {object} Tool
 * @property {ToolName} name also the name of the program
 * @property {string} variable environment variable that names the program and overrules every route
 * @property {string[]} versionArgs arguments that make it print its version and exit
 * @property {boolean} [versionFails] it tells its version and then ends as if that were a mistake
 * @property {string} minimum oldest version that will do
 * @property {boolean} sameMinorAsPin the version must be of the minor release pinned in `go.mod`
 * @property {boolean} kubebuilder may be found in `KUBEBUILDER_ASSETS`
 * @property {import('./pinned-releases.mjs').PinnedRelease | undefined} release
 * @property {string[]} [otherNames] of the program on PATH
 * @property {GoModule | undefined} goModule
 * @property {string | undefined} debianPackage
 * @property {boolean} [installDebian] the package cannot be unpacked by itself: it is installed, which takes root
 * @property {boolean} [debianDependencies] the package is unpacked with the packages it needs, for their libraries
 * @property {string} [playwright] name under which playwright-core knows how to download it
 * @property {DockerImage | undefined} docker
 */

/** @typedef {Tool & { goModule: GoModule }} BuiltTool a tool that can be built from source */

/**
 * @typedef {object} GoModule
 * @property {string} directory under `tools/`, holds `go.mod` and `go.sum`
 * @property {string} module whose version in `go.mod` is the tool's version
 * @property {string} package of the main function
 * @property {(version: string) => string[]} variables `-X` link-time settings that make it tell its version
 */

/**
 * @typedef {object} DockerImage
 * @property {(version: string) => string} image for the version pinned in `go.mod`
 * @property {string} path of the program in the image
 */

/** @type {(version: string) => string[]} */
const noVariables = () => [];

/** @type {(version: string) => string[]} */
const kubernetesVariables = (version) => {
  const [major, minor] = version.split('.');
  const prefix = 'k8s.io/component-base/version';
  return [
    `${prefix}.gitVersion=v${version}`,
    `${prefix}.gitMajor=${major}`,
    `${prefix}.gitMinor=${minor}`,
    `${prefix}.gitTreeState=archive`,
  ];
};

/**
 * @param {ToolName} name
 * @returns {GoModule}
 */
const kubernetesModule = (name) => ({
  directory: 'control-plane',
  module: 'k8s.io/kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  variables: kubernetesVariables,
});

/**
 * The three server parts must be of one minor release: a controller manager or scheduler newer than
 * its apiserver is outside the Kubernetes version skew policy.
 *
 * @param {'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'} name
 * @param {string} variable
 * @returns {BuiltTool}
 */
const kubernetesServer = (name, variable) => ({
  name,
  variable,
  versionArgs: ['--version'],
  minimum: '1.30.0',
  sameMinorAsPin: true,
  kubebuilder: true,
  release: undefined,
  goModule: kubernetesModule(name),
  debianPackage: undefined,
  docker: {
    image: (version) => `registry.k8s.io/${name}:v${version}`,
    path: `/usr/local/bin/${name}`,
  },
});

/** @typedef {'chromium' | 'nginx' | 'haproxy' | 'wrk' | 'h2load'} SystemToolName tools that are never built here */

/** @type {Readonly<Record<Exclude<ToolName, SystemToolName>, BuiltTool> & Record<SystemToolName, Tool>>} */
export const catalogue = {
  'nats-server': {
    name: 'nats-server',
    variable: 'DRAWBRIDGE_NATS_SERVER',
    versionArgs: ['--version'],
    minimum: '2.11.0',
    sameMinorAsPin: false,
    kubebuilder: false,
    release: pinnedReleases['nats-server'],
    goModule: {
      directory: 'nats-server',
      module: 'github.com/nats-io/nats-server/v2',
      package: 'github.com/nats-io/nats-server/v2',
      variables: noVariables,
    },
    debianPackage: 'nats-server',
    docker: {
      image: (version) => `nats:${version}-alpine`,
      path: '/usr/local/bin/nats-server',
    },
  },
  kubectl: {
    name: 'kubectl',
    variable: 'DRAWBRIDGE_KUBECTL',
    versionArgs: ['version', '--client', '-o', 'json'],
    minimum: '1.22.0',
    sameMinorAsPin: false,
    kubebuilder: true,
    release: pinnedReleases.kubectl,
    goModule: kubernetesModule('kubectl'),
    debianPackage: 'kubernetes-client',
    docker: { image: (version) => `registry.k8s.io/kubectl:v${version}`, path: '/bin/kubectl' },
  },
  etcd: {
    name: 'etcd',
    variable: 'DRAWBRIDGE_ETCD',
    versionArgs: ['--version'],
    // The first with the watch progress requests that kube-apiserver serves lists from.
    minimum: '3.5.13',
    sameMinorAsPin: false,
    kubebuilder: true,
    release: undefined,
    goModule: {
      directory: 'etcd',
      module: 'go.etcd.io/etcd/server/v3',
      package: 'go.etcd.io/etcd/server/v3',
      variables: noVariables,
    },
    debianPackage: 'etcd-server',
    docker: {
      image: (version) => `gcr.io/etcd-development/etcd:v${version}`,
      path: '/usr/local/bin/etcd',
    },
  },
  'kube-apiserver': kubernetesServer('kube-apiserver', 'DRAWBRIDGE_KUBE_APISERVER'),
  'kube-controller-manager': kubernetesServer(
    'kube-controller-manager',
    'DRAWBRIDGE_KUBE_CONTROLLER_MANAGER',
  ),
  'kube-scheduler': kubernetesServer('kube-scheduler', 'DRAWBRIDGE_KUBE_SCHEDULER'),
  kwok: {
    name: 'kwok',
    variable: 'DRAWBRIDGE_KWOK',
    versionArgs: ['--version'],
    minimum: '0.7.0',
    sameMinorAsPin: false,
    kubebuilder: false,
    release: pinnedReleases.kwok,
    goModule: {
      directory: 'kwok',
      module: 'sigs.k8s.io/kwok',
      package: 'sigs.k8s.io/kwok/cmd/kwok',
      variables: noVariables,
    },
    debianPackage: undefined,
    docker: {
      image: (version) => `registry.k8s.io/kwok/kwok:v${version}`,
      path: '/usr/local/bin/kwok',
    },
  },
  'test-kubelet': {
    name: 'test-kubelet',
    variable: 'DRAWBRIDGE_TEST_KUBELET',
    versionArgs: ['--version'],
    minimum: '0.36.0',
    sameMinorAsPin: true,
    kubebuilder: false,
    release: undefined,
    goModule: {
      directory: 'test-kubelet',
      module: 'k8s.io/cri-streaming',
      package: '.',
      variables: noVariables,
    },
    debianPackage: undefined,
    docker: undefined,
  },
  'request-info': {
    name: 'request-info',
    variable: 'DRAWBRIDGE_REQUEST_INFO',
    versionArgs: ['--version'],
    minimum: '0.36.0',
    sameMinorAsPin: true,
    kubebuilder: false,
    release: undefined,
    goModule: {
      directory: 'request-info',
      module: 'k8s.io/apiserver',
      package: '.',
      variables: noVariables,
    },
    debianPackage: undefined,
    docker: undefined,
  },
  chromium,
  vegeta: {
    name: 'vegeta',
    variable: 'DRAWBRIDGE_VEGETA',
    versionArgs: ['-version'],
    minimum: '12.8.0',
    sameMinorAsPin: false,
    kubebuilder: false,
    release: undefined,
    goModule: {
      directory: 'vegeta',
      module: 'github.com/tsenart/vegeta/v12',
      package: 'github.com/tsenart/vegeta/v12',
      variables: (version) => [`main.Version=${version}`],
    },
    debianPackage: undefined,
    docker: undefined,
  },
  ...clientTools,
  ...benchTools,
};

/** Every tool, in the order in which `doctor` lists them. */
export const toolNames = /** @type {ToolName[]} */ (Object.keys(catalogue));

/**
 * @param {string} name
 * @returns {name is ToolName}
 */
export const isToolName = (name) => Object.hasOwn(catalogue, name);
