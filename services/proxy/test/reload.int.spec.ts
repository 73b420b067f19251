import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { startGateway, type Gateway } from './gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const { address: server, certificateAuthority } = upstream;
  const connection = { server, certificateAuthority };
  gateway = await startGateway({
    connections: [
      { ...connection, name: 'file', credential: 'type: bearerToken\nfile: cluster.token' },
      {
        ...connection,
        name: 'environment',
        credential: 'type: bearerToken\nenvironmentVariable: CLUSTER_TOKEN',
      },
      {
        ...connection,
        name: 'certificate',
        server: `${server}/k8s/clusters/c-1/`,
        credential:
          'type: clientCertificate\ncertificate: {file: client.crt}\nkey: {file: client.key}',
      },
    ],
    environment: { CLUSTER_TOKEN: 'from-environment' },
  });
  for (const connectionName of ['file', 'environment', 'certificate']) {
    await gateway.grant({ connection: connectionName });
  }
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const asked = async (connection: string) => {
  const { status, body } = await gateway.call(`/connections/${connection}/api/v1/pods`);
  expect(status, body).toBe(200);
  return upstream.received.at(-1);
};

describe('credentials', () => {
  it('from a file follow the file', async () => {
    await writeFile(join(gateway.directory, 'cluster.token'), 'first\n');
    await eventually(async () =>
      expect((await asked('file'))?.headers.authorization).toBe('Bearer first'),
    );
    await writeFile(join(gateway.directory, 'cluster.token'), 'second\n');
    await eventually(async () =>
      expect((await asked('file'))?.headers.authorization).toBe('Bearer second'),
    );
  });

  it.each(['', 'two words', 'line\nInjected: header', 'ünicode'])(
    'that are no token (%j) are never sent',
    async (content) => {
      await writeFile(join(gateway.directory, 'cluster.token'), 'good');
      await eventually(async () => {
        expect((await asked('file'))?.headers.authorization).toBe('Bearer good');
      });
      await writeFile(join(gateway.directory, 'cluster.token'), content);
      await eventually(async () => {
        const { status, body } = await gateway.call('/connections/file/api/v1/pods');
        expect([status, body.includes('credential_unavailable')]).toStrictEqual([503, true]);
      });
      expect(gateway.log.join('')).not.toContain('Injected');
    },
  );

  it('from the environment', async () => {
    await eventually(async () => {
      expect((await asked('environment'))?.headers.authorization).toBe('Bearer from-environment');
    });
  });

  it('as a certificate, which is exchanged with its files, under a path of its own', async () => {
    const write = async (name: string) => {
      const { certificate, key } = await upstream.issueClient(name);
      await writeFile(join(gateway.directory, 'client.crt'), certificate);
      await writeFile(join(gateway.directory, 'client.key'), key);
    };
    await write('gateway-1');
    await eventually(async () => {
      expect(await asked('certificate')).toMatchObject({
        clientName: 'gateway-1',
        url: '/k8s/clusters/c-1/api/v1/pods',
      });
    });
    expect(upstream.received.at(-1)?.headers.authorization).toBeUndefined();
    await write('gateway-2');
    await eventually(async () =>
      expect((await asked('certificate'))?.clientName).toBe('gateway-2'),
    );
  });

  it('T23 of two agents never share anything but the gateway’s own identity', async () => {
    await writeFile(join(gateway.directory, 'cluster.token'), 'third');
    await gateway.grant({ connection: 'file', subject: 'agent-reader' });
    await eventually(async () =>
      expect((await asked('file'))?.headers.authorization).toBe('Bearer third'),
    );
    const token = gateway.issuer.token({ sub: 'agent-reader' });
    await eventually(async () => {
      const { status } = await gateway.call('/connections/file/api/v1/pods', { token });
      expect(status).toBe(200);
    });
    const sent = upstream.received.flatMap(({ rawHeaders }) => rawHeaders).join('\n');
    expect(sent).not.toContain('agent-reader');
    expect(sent).not.toContain(token);
  });
});

describe('the certificate of the gateway', () => {
  it('is exchanged when its files are, for new connections', async () => {
    const fingerprint = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(
          { host: '127.0.0.1', port: gateway.raw.port, rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerCertificate().fingerprint256);
            socket.destroy();
          },
        );
        socket.on('error', reject);
      });
    const before = await fingerprint();
    const pair = await (await createCertificateAuthority('renewed')).issueServer(['localhost']);
    await writeFile(gateway.certificateFile, 'half a certif');
    await writeFile(gateway.certificateFile, pair.certificate);
    expect(await fingerprint()).toBe(before);
    await writeFile(join(gateway.directory, 'tls.key'), pair.key);
    expect(await handshakeOf(WEAK)).toBe('refused');
    await eventually(async () => expect(await fingerprint()).not.toBe(before));
    // What a handshake may be is not a matter of the certificate.
    expect(await handshakeOf(WEAK)).toBe('refused');
    expect(await handshakeOf(STRONG)).toBe('finished');
    expect(gateway.log.join('')).not.toContain('PRIVATE KEY');
  });
});

/** Without AEAD. */
const WEAK = 'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256';
const STRONG = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256';

/** What becomes of a client of TLS 1.2 that offers these ciphers only. */
function handshakeOf(ciphers: string): Promise<'finished' | 'refused'> {
  const { port } = gateway.raw;
  const options = { host: '127.0.0.1', port, rejectUnauthorized: false, ciphers };
  return new Promise((resolve) => {
    const socket = connect({ ...options, maxVersion: 'TLSv1.2' }, () => {
      resolve('finished');
      socket.destroy();
    });
    socket.on('error', () => resolve('refused'));
  });
}
