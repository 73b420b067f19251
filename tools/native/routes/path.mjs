import { delimiter, join, resolve } from 'node:path';
import { isExecutable } from '../cache.mjs';
import { probe } from '../probe.mjs';
import { notFound } from '../attempt.mjs';

/**
 * The first program on PATH that is new enough. A wrapper that picks another program by itself (as
 * Google Cloud's `kubectl` does) is as good as any if it runs and tells a version.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const pathRoute = {
  name: 'path',
  kind: 'look',
  async attempt(tool, { env }) {
    const reasons = [];
    for (const path of candidates(tool, env)) {
      if (!(await isExecutable(path))) continue;
      const probed = await probe(tool, path);
      if (probed.ok) return { ok: true, path, version: probed.version, detail: 'PATH' };
      reasons.push(probed.reason);
    }
    return notFound(reasons.length === 0 ? 'not on PATH' : reasons.join('; '));
  },
};

/**
 * @param {import('../catalogue.mjs').Tool} tool
 * @param {NodeJS.ProcessEnv} env
 */
function candidates({ name, otherNames = [] }, env) {
  const directories = [...new Set((env['PATH'] ?? '').split(delimiter))].filter(Boolean);
  return [name, ...otherNames].flatMap((each) =>
    directories.map((directory) => resolve(directory, each)),
  );
}

/**
 * The directory in which `setup-envtest` keeps etcd, kube-apiserver and kubectl.
 *
 * @type {import('../attempt.mjs').Route}
 */
export const kubebuilderRoute = {
  name: 'kubebuilder',
  kind: 'look',
  async attempt(tool, { env }) {
    const assets = env['KUBEBUILDER_ASSETS'];
    if (!assets) return notFound('KUBEBUILDER_ASSETS is not set');
    const path = resolve(join(assets, tool.name));
    if (!(await isExecutable(path))) return notFound(`${path} is not there`);
    const probed = await probe(tool, path);
    if (!probed.ok) return notFound(probed.reason);
    return { ok: true, path, version: probed.version, detail: 'KUBEBUILDER_ASSETS' };
  },
};
