/**
 * What only `./drawbridge bench` needs: the peers that are measured beside the gateway, and the load
 * generators. They come with whatever version the system has: the results name it.
 *
 * @param {'nginx' | 'haproxy' | 'wrk' | 'h2load'} name
 * @param {Pick<import('./catalogue.mjs').Tool, 'variable' | 'versionArgs' | 'minimum'>
 *   & Partial<import('./catalogue.mjs').Tool>} rest
 * @returns {import('./catalogue.mjs').Tool}
 */
const fromDebian = (name, rest) => ({
  name,
  sameMinorAsPin: false,
  kubebuilder: false,
  release: undefined,
  goModule: undefined,
  debianPackage: name,
  debianDependencies: true,
  docker: undefined,
  ...rest,
});

export const benchTools = {
  nginx: fromDebian('nginx', {
    variable: 'DRAWBRIDGE_NGINX',
    versionArgs: ['-v'],
    minimum: '1.18.0',
  }),
  haproxy: fromDebian('haproxy', {
    variable: 'DRAWBRIDGE_HAPROXY',
    versionArgs: ['-v'],
    minimum: '2.4.0',
  }),
  wrk: fromDebian('wrk', {
    variable: 'DRAWBRIDGE_WRK',
    versionArgs: ['-v'],
    versionFails: true,
    minimum: '4.1.0',
  }),
  h2load: fromDebian('h2load', {
    variable: 'DRAWBRIDGE_H2LOAD',
    versionArgs: ['--version'],
    // The first with a constant rate (`--rps`).
    minimum: '1.42.0',
    debianPackage: 'nghttp2-client',
  }),
};
