/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   the models of client-node are plain data, which its own code makes by no constructor either */
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';

let cluster: ControlPlane;
let core: CoreV1Api;
let upstream: RecordingUpstream;
let gateway: Gateway;

const secretYaml = (key: string, name = 'prod') =>
  `secret: {namespace: default, name: ${name}, key: ${key}}`;
const put = async (name: string, stringData: Record<string, string>) => {
  const body = { metadata: { name }, stringData };
  await core.createNamespacedSecret({ namespace: 'default', body });
};

beforeAll(async () => {
  cluster = await startControlPlane();
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  upstream = await startRecordingUpstream();
  const { certificate, key } = await upstream.issueClient('from-secret');
  await put('prod', { token: 'canary-secret-token-1\n' });
  await put('pair', { 'tls.crt': certificate, 'tls.key': key });
  const { address: server, certificateAuthority } = upstream;
  const at = { server, certificateAuthority };
  gateway = await startGateway({
    connections: [
      { ...at, name: 'token', credential: `type: bearerToken\n${secretYaml('token')}` },
      {
        ...at,
        name: 'pair',
        credential: `type: clientCertificate\ncertificate: {${secretYaml('tls.crt', 'pair')}}\nkey: {${secretYaml('tls.key', 'pair')}}`,
      },
      { ...at, name: 'no-key', credential: `type: bearerToken\n${secretYaml('nope')}` },
      { ...at, name: 'no-secret', credential: `type: bearerToken\n${secretYaml('t', 'nope')}` },
    ],
    variables: { KUBECONFIG_FILE: cluster.kubeconfig },
  });
  for (const connection of ['token', 'pair', 'no-key', 'no-secret']) {
    await gateway.grant({ connection });
  }
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await cluster.stop();
});

const call = (connection: string) => gateway.call(`/connections/${connection}/api/v1/pods`);
const sent = async (connection: string) => {
  const answer = await call(connection);
  expect(answer.status, answer.body).toBe(200);
  return upstream.received.at(-1);
};

describe('a Kubernetes Secret', () => {
  it('is where a token comes from, and is read again when the cluster refuses it', async () => {
    await eventually(() => sent('token'));
    expect((await sent('token'))?.headers.authorization).toBe('Bearer canary-secret-token-1');
    const body = [{ op: 'add', path: '/stringData', value: { token: 'canary-secret-token-2' } }];
    await core.patchNamespacedSecret({ name: 'prod', namespace: 'default', body });
    upstream.answer((request, response) => {
      const isOld = request.headers.authorization?.endsWith('-1') === true;
      response.writeHead(isOld ? 401 : 200, { 'content-type': 'application/json' }).end('{}');
    });
    await eventually(() => sent('token'));
    expect((await sent('token'))?.headers.authorization).toBe('Bearer canary-secret-token-2');
  });

  it('is where a certificate and its key come from', async () => {
    await eventually(async () => expect((await sent('pair'))?.clientName).toBe('from-secret'));
  });

  it.each([
    ['no-key', 'Secret default/prod has no key nope'],
    ['no-secret', 'Secret default/nope cannot be read (answered with 404)'],
  ])('that is not there is a clear refusal: %s', async (connection, why) => {
    await eventually(async () => {
      const { cause, message } = statusOf(await call(connection));
      expect(cause).toBe('credential_unavailable');
      expect(message).not.toContain('Secret');
    });
    expect(gateway.log.join('')).toContain(why);
  });

  it('T20 is in no log line and no record', async () => {
    const all = gateway.log.join('') + JSON.stringify(await gateway.records());
    for (const secret of ['canary-', 'PRIVATE KEY']) expect(all).not.toContain(secret);
  });
});
