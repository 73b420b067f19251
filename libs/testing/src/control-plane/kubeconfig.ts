import type { KeyPair } from '@drawbridge/embedded';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export interface AdminAccess {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly admin: KeyPair;
}

/** A kubeconfig (JSON is YAML) for the administrator of a test cluster. */
export const adminKubeconfig = ({ server, certificateAuthority, admin }: AdminAccess): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server, 'certificate-authority-data': base64(certificateAuthority) },
      },
    ],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(admin.certificate),
          'client-key-data': base64(admin.key),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
