import { createHash, randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { startSandboxCluster } from '@drawbridge/sandbox-cluster';

/**
 * A cluster in a network that the gateway has no way to, with all that a connector for it needs: a token, its digest,
 * a Connection document and a Policy. See connector.yml beside.
 */

const HOST = 'site-cluster';
const SEEN_BY_PROXY = '/run/site';

/** In one step, so that nobody reads half of it. */
function write(file, content) {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const cluster = await startSandboxCluster({ host: HOST, port: 6443, namespaces: ['payments'] });
const labels = { app: 'till' };
const containers = [{ name: 'till', image: 'registry.k8s.io/pause:3.10' }];
cluster.apply([
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'till', namespace: 'payments', labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  },
]);
write('/volumes/site/ca.pem', cluster.certificateAuthority);
write('/volumes/site/token', cluster.adminToken);

const token = `dbc_${randomBytes(32).toString('base64url')}`;
write('/volumes/connector/token', token);

const connection = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Connection',
  metadata: { name: 'site', labels: { team: 'payments' } },
  spec: {
    environment: 'production',
    description: 'A cluster behind a connector',
    server: cluster.address,
    certificateAuthorityFile: `${SEEN_BY_PROXY}/ca.pem`,
    connector: { tokenDigests: [`sha256:${createHash('sha256').update(token).digest('hex')}`] },
    credential: { type: 'bearerToken', file: `${SEEN_BY_PROXY}/token` },
  },
};
const policy = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Policy',
  metadata: { name: 'site-readers' },
  spec: {
    description: 'On-call agents look at payments of the site without asking anybody',
    subjects: { groups: ['oncall-agents'] },
    connections: { names: ['site'] },
    namespaces: ['payments'],
    actions: ['view'],
    maxDurationSeconds: 600,
    whenTooWide: 'cut',
    approval: { type: 'none' },
  },
};
// JSON is YAML.
const documents = [connection, policy].map((document) => JSON.stringify(document));
write('/volumes/config/site.yaml', documents.join('\n---\n'));

createServer((_request, response) => response.end('{"status":"ready"}')).listen(8080, '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => void cluster.close().then(() => process.exit(0)));
}
