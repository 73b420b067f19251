import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessOf } from './user-cluster.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function kubeconfig(cluster: object, user: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'drawbridge-kubeconfig-')), 'config');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'k', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const cluster = { server: 'https://k.test:6443', 'certificate-authority-data': base64('CA PEM') };

describe('the cluster of a kubeconfig', () => {
  it('is reached with its token', async () => {
    expect(await accessOf(kubeconfig(cluster, { token: 'abc' }))).toStrictEqual({
      server: 'https://k.test:6443',
      certificateAuthority: 'CA PEM',
      credential: { type: 'bearerToken', token: 'abc' },
    });
  });

  it('is reached with its client certificate', async () => {
    const user = { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') };
    expect((await accessOf(kubeconfig(cluster, user))).credential).toStrictEqual({
      type: 'clientCertificate',
      certificate: 'CERT',
      key: 'KEY',
    });
  });

  it.each([
    { when: 'over plain http', cluster: { server: 'http://k.test' }, user: { token: 'abc' } },
    { when: 'without a credential', cluster, user: {} },
    { when: 'with a password', cluster, user: { username: 'u', password: 'p' } },
  ])('is refused $when', async ({ cluster: given, user }) => {
    await expect(accessOf(kubeconfig(given, user))).rejects.toMatchObject({
      code: 'kubeconfig_unusable',
    });
  });
});
