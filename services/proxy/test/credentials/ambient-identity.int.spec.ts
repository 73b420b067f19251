import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwsClients } from '../../src/credentials/eks/aws-clients.js';
import { EksCredential } from '../../src/credentials/eks/eks-credential.js';
import { AMBIENT, eksSpec, startEks, type EksUnderTest } from './eks-under-test.js';

const GATEWAY_ROLE = 'arn:aws:iam::111122223333:role/drawbridge-gateway';
const [FIRST, SECOND] = ['canary-projected-token-1', 'canary-projected-token-2'];
let eks: EksUnderTest;
let directory: string;
let metadata: Server;
/** Of which the first is taken away when it is rotated. */
const webIdentities = [FIRST, SECOND].map((token) => ({ token, roleArn: GATEWAY_ROLE }));
const before = { ...process.env };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-ambient-'));
  eks = await startEks({ webIdentities });
  metadata = createServer((request, response) => {
    const isKnown = request.headers.authorization === 'pod-identity-token';
    const { accessKeyId, secretAccessKey, sessionToken } = eks.aws.ambient;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration,
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(metadata, 'listening');
});

afterAll(async () => {
  metadata.close();
  await eks.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    Reflect.deleteProperty(process.env, name);
  }
  eks.aws.calls.length = 0;
});
afterEach(() => {
  for (const name of Object.keys(process.env)) {
    const isAws = name.startsWith('AWS_') && !name.startsWith('AWS_ENDPOINT');
    if (isAws && !(name in before)) Reflect.deleteProperty(process.env, name);
  }
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  eks.aws.sessionSeconds = undefined;
});

/** Who asked for the session, as AWS saw it. */
async function callerOf(clients: AwsClients): Promise<string | undefined> {
  const credential = new EksCredential({
    connection: 'prod-eks',
    spec: eksSpec(),
    clients,
    onFailure: () => undefined,
  });
  const [, value = ''] = await credential.headers({
    agent: { kind: 'agent', issuer: 'https://idp.corp.test', subject: 'a', groups: [] },
    grantId: randomUUID(),
    accessRequestId: randomUUID(),
    commandId: randomUUID(),
    grantEndsAtMs: Date.now() + 60_000,
  });
  await credential.close();
  expect((await eks.review(value.replace('Bearer ', ''))).authenticated).toBe(true);
  return eks.aws.calls.findLast(({ action }) => action === 'AssumeRole')?.caller;
}

describe('the ambient identity', () => {
  it('is the web identity of the pod, whose token is read again when it is rotated', async () => {
    const file = join(directory, 'token');
    await writeFile(file, FIRST);
    Object.assign(process.env, {
      AWS_ROLE_ARN: GATEWAY_ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_SESSION_NAME: 'pod-1',
      AWS_REGION: 'eu-west-1',
    });
    // Shorter than the SDK keeps credentials for, so that it asks again with every session.
    eks.aws.sessionSeconds = 60;
    const clients = new AwsClients();
    const pod = 'arn:aws:sts::111122223333:assumed-role/drawbridge-gateway/pod-1';
    expect(await callerOf(clients)).toBe(pod);
    await writeFile(file, SECOND);
    webIdentities.shift();
    expect(await callerOf(clients)).toBe(pod);
    await clients.close();
  });

  it('is Pod Identity', async () => {
    const file = join(directory, 'pod-identity-token');
    await writeFile(file, 'pod-identity-token');
    const { port } = metadata.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
    });
    const clients = new AwsClients();
    expect(await callerOf(clients)).toBe(AMBIENT);
    await clients.close();
  });

  it('is a profile', async () => {
    const { accessKeyId, secretAccessKey, sessionToken = '' } = eks.aws.ambient;
    const file = join(directory, 'credentials');
    await writeFile(
      file,
      `[gateway]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\naws_session_token=${sessionToken}\n`,
    );
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'gateway' });
    const clients = new AwsClients();
    expect(await callerOf(clients)).toBe(AMBIENT);
    await clients.close();
  });

  it('that does not exist is a clear refusal', async () => {
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(directory, 'nowhere');
    const clients = new AwsClients();
    await expect(callerOf(clients)).rejects.toMatchObject({
      code: 'credential_unavailable',
      cause: { message: expect.stringContaining('CredentialsProviderError') as string },
    });
    await clients.close();
  });
});
