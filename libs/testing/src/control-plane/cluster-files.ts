import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, type KeyPair } from '@drawbridge/embedded';

/** The scratch directory of one control plane; `tools/control-plane/README.md` says what each file is for. */
export interface ClusterFiles {
  readonly directory: string;
  readonly certificateAuthority: string;
  readonly admin: KeyPair;
  path(name: string): string;
}

const LOG_LINES = ['2026-01-01T00:00:00.000000000Z stdout F checkout: listening on :8080', ''];

/** Makes the cluster's CA, its certificates, the service account key and kwok's log file. */
export async function writeClusterFiles(): Promise<ClusterFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-control-plane-'));
  const path = (name: string) => join(directory, name);
  const write = (name: string, content: string) => writeFile(path(name), content, { mode: 0o600 });
  const writePair = async (name: string, { certificate, key }: KeyPair) => {
    await write(`${name}.crt`, certificate);
    await write(`${name}.key`, key);
  };
  const authority = await createCertificateAuthority('test cluster');
  const admin = await authority.issueClient('admin', ['system:masters']);
  await write('ca.crt', authority.certificate);
  await writePair('admin', admin);
  await writePair('kubelet', await authority.issueServer(['127.0.0.1']));
  await writePair(
    'apiserver',
    await authority.issueServer([
      '127.0.0.1',
      '10.0.0.1',
      'localhost',
      'kubernetes',
      'kubernetes.default.svc',
    ]),
  );
  await write('sa.key', serviceAccountKey());
  await write('container.log', LOG_LINES.join('\n'));
  await write('kwok-logs.yaml', kwokLogs(path('container.log')));
  return { directory, certificateAuthority: authority.certificate, admin, path };
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

const kwokLogs = (logsFile: string): string => `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: { name: logs }
spec: { logs: [{ logsFile: ${JSON.stringify(logsFile)}, follow: true }] }
`;
