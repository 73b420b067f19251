import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createCertificateAuthority } from './certificate-authority.js';

describe('a certificate authority made in memory', () => {
  it('issues a server certificate that a client pinned to it accepts, for the named hosts only', async () => {
    const authority = await createCertificateAuthority('test CA');
    const { certificate, key } = await authority.issueServer(['localhost', '127.0.0.1']);
    const server = createServer({ cert: certificate, key }, (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.certificate,
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
    expect(new X509Certificate(certificate).checkHost('evil.test')).toBeUndefined();
    expect(new X509Certificate(certificate).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('is not trusted by a client pinned to another of the same name', async () => {
    const [one, other] = await Promise.all([
      createCertificateAuthority('CA'),
      createCertificateAuthority('CA'),
    ]);
    const { certificate } = await one.issueServer(['localhost']);
    const leaf = new X509Certificate(certificate);
    expect(leaf.verify(new X509Certificate(one.certificate).publicKey)).toBe(true);
    expect(leaf.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
  });
});

describe('a client certificate', () => {
  it('names the user and the groups as Kubernetes reads them', async () => {
    const authority = await createCertificateAuthority('CA');
    const { certificate } = await authority.issueClient('gateway', ['system:masters', 'ops']);
    expect(new X509Certificate(certificate).subject.split('\n')).toEqual([
      'O=system:masters',
      'O=ops',
      'CN=gateway',
    ]);
  });
});
