/**
 * Paths that are no resource and that everybody with a grant may read, as ClusterRole `system:discovery` lets every
 * authenticated user of a cluster; `*` at the end is any rest, as in the rules of Kubernetes.
 */
export const discoveryPaths = ['/api', '/api/*', '/apis', '/apis/*', '/version'].concat([
  '/openapi',
  '/openapi/*',
  '/healthz',
  '/livez',
  '/readyz',
]);

/** Whether a path is for finding out what there is, or whether it is well. */
export const isDiscovery = (path: string): boolean => pattern.test(path);

const pattern = new RegExp(
  `^(?:${discoveryPaths.map((path) => path.replace('/*', '/.+')).join('|')})$`,
);
