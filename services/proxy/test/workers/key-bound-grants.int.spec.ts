import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { agentKey } from '../agent-key.js';
import { startGatewayToProd } from '../gateway-to-prod.js';
import type { Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy } from './built-proxy.js';

const pods = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;

beforeAll(async () => {
  await buildProxy();
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: { WORKERS: '4', AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
    launch: startBuiltProxy,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** One call on a connection of its own, and the session that another can begin with. */
const call = (token: string, tls: ConnectionOptions = {}) =>
  new Promise<{ head: string; isReused: boolean; session: Buffer }>((resolve, reject) => {
    const { host, port, certificateAuthority: ca } = gateway.raw;
    const socket = connect({ host, port, ca, servername: 'localhost', ...tls });
    let session: Buffer = Buffer.alloc(0);
    socket.on('session', (ticket: Buffer) => (session = ticket));
    socket.on('error', reject);
    socket.write(
      `GET ${pods} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    socket.once('data', (bytes: Buffer) => {
      const isReused = socket.isSessionReused();
      socket.destroy();
      resolve({ head: bytes.toString('latin1').toLowerCase(), isReused, session });
    });
  });

describe('a grant that is bound to a key, at a gateway of several workers', () => {
  it('is known by each of them on a session that another began, and by none on one without the key', async () => {
    const own = await agentKey();
    const { grantId } = await gateway.grant({
      subject: 'agent-one',
      keyThumbprint: own.thumbprint,
    });
    const token = gateway.issuer.token({ sub: 'agent-one' });
    await eventually(async () => {
      for (let count = 0; count < 30; count += 1) {
        expect((await call(token)).head).toContain('grant_key_required');
      }
    });
    const certificate = await gateway.call(`/grants/${grantId}/certificate`, {
      token,
      method: 'POST',
      body: own.request,
    });
    expect(certificate.status).toBe(201);
    const begun = await call(token, { cert: certificate.body, key: own.key });
    const bare = await call(token);
    for (let count = 0; count < 20; count += 1) {
      const resumed = await call(token, { session: begun.session });
      expect(resumed.isReused).toBe(true);
      expect(resumed.head).toContain('http/1.1 200');
      const without = await call(token, { session: bare.session });
      expect(without.isReused).toBe(true);
      expect(without.head).toContain('grant_key_required');
    }
  });
});
