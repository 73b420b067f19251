/**
 * Clients that agents use, for tests that show them working unmodified: each from its own Go modules.
 *
 * @param {'kubectl-1.20' | 'kubectl-1.27' | 'kubectl-1.30' | 'helm' | 'informers'} name
 * @param {Pick<import('./catalogue.mjs').Tool, 'versionArgs' | 'minimum'>} told
 * @param {Omit<import('./catalogue.mjs').GoModule, 'directory'>} goModule
 * @returns {import('./catalogue.mjs').BuiltTool}
 */
const client = (name, told, goModule) => ({
  name,
  variable: `DRAWBRIDGE_${name.toUpperCase().replaceAll(/[-.]/g, '_')}`,
  ...told,
  sameMinorAsPin: false,
  kubebuilder: false,
  release: undefined,
  goModule: { directory: `clients/${name}`, ...goModule },
  debianPackage: undefined,
  docker: undefined,
});

/** @param {'1.20' | '1.27' | '1.30'} release */
const oldKubectl = (release) =>
  client(
    `kubectl-${release}`,
    { versionArgs: ['version', '--client', '-o', 'json'], minimum: `0.${release.slice(2)}.0` },
    {
      module: 'k8s.io/kubectl',
      package: '.',
      // The module is 0.x, the program 1.x.
      variables: (version) => [
        `k8s.io/component-base/version.gitVersion=v${version.replace(/^0/, '1')}`,
      ],
    },
  );

export const clientTools = {
  'kubectl-1.20': oldKubectl('1.20'),
  'kubectl-1.27': oldKubectl('1.27'),
  'kubectl-1.30': oldKubectl('1.30'),
  helm: client(
    'helm',
    { versionArgs: ['version', '--short'], minimum: '3.14.0' },
    {
      module: 'helm.sh/helm/v3',
      package: 'helm.sh/helm/v3/cmd/helm',
      variables: (version) => [`helm.sh/helm/v3/internal/version.version=v${version}`],
    },
  ),
  informers: client(
    'informers',
    { versionArgs: ['--version'], minimum: '0.36.0' },
    { module: 'k8s.io/client-go', package: '.', variables: () => [] },
  ),
};
