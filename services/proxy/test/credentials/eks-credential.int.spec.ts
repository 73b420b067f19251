import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import type { CallIdentity } from '../../src/credentials/credential.js';
import { AwsClients } from '../../src/credentials/eks/aws-clients.js';
import { EksClusterEndpoint } from '../../src/credentials/eks/eks-cluster-endpoint.js';
import { EksCredential } from '../../src/credentials/eks/eks-credential.js';
import {
  CLUSTER,
  eksSpec,
  EXTERNAL_ID,
  ROLE,
  startEks,
  type EksUnderTest,
} from './eks-under-test.js';

const ISSUER = 'https://idp.corp.test';
let eks: EksUnderTest;
let authority: string;
let clients: AwsClients;
let credential: EksCredential;
const failures: unknown[] = [];

beforeAll(async () => {
  authority = (await createCertificateAuthority('eks')).certificate;
  eks = await startEks({
    clusters: [
      {
        name: CLUSTER,
        endpoint: 'https://0a1b.eks.test',
        certificateAuthority: authority,
        describedBy: [ROLE],
      },
    ],
  });
});
afterAll(() => eks.close());

const open = (change: Parameters<typeof eksSpec>[0] = {}, maxSessions = 100) =>
  new EksCredential({
    connection: 'prod-eks',
    spec: eksSpec(change),
    clients,
    maxSessions,
    onFailure: (error) => failures.push(error),
  });

beforeEach(() => {
  clients = new AwsClients();
  credential = open();
  failures.length = 0;
  eks.aws.calls.length = 0;
});
afterEach(async () => {
  eks.aws.fault = undefined;
  eks.aws.sessionSeconds = undefined;
  eks.aws.clockAheadMs = 0;
  eks.aws.restoreAmbient();
  await credential.close();
  await clients.close();
});

const call = (subject = 'agent-oncall', grantId: string = randomUUID()): CallIdentity => ({
  agent: { kind: 'agent', issuer: ISSUER, subject, groups: [] },
  grantId,
  accessRequestId: randomUUID(),
  commandId: randomUUID(),
  grantEndsAtMs: Date.now() + 600_000,
});
const tokenOf = async (identity: CallIdentity, of = credential) => {
  const [name, value = ''] = await of.headers(identity);
  expect(name).toBe('authorization');
  return value.replace('Bearer ', '');
};
const causeOf = async (identity: CallIdentity, of = credential) => {
  const refusal = await Promise.resolve()
    .then(() => of.headers(identity))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(refusal).toMatchObject({ code: 'credential_unavailable' });
  return ((refusal as Error).cause as Error).message;
};
const assumed = () => eks.aws.calls.filter(({ action }) => action === 'AssumeRole');

describe('the token of EKS', () => {
  it('is believed by the authenticator as the session of this agent and grant', async () => {
    const identity = call();
    const token = await tokenOf(identity);
    expect(await eks.review(token)).toMatchObject({
      authenticated: true,
      user: { username: `drawbridge:agent-oncall@${identity.grantId}` },
    });
    expect(assumed()).toMatchObject([
      {
        error: '',
        assumed: {
          externalId: EXTERNAL_ID,
          sessionName: `agent-oncall@${identity.grantId}`,
          sourceIdentity: expect.stringMatching(/^agent-oncall\.[0-9a-f]{16}$/) as string,
          durationSeconds: 900,
          transitiveTagKeys: [],
          tags: {
            'drawbridge-agent': 'agent-oncall',
            'drawbridge-issuer': ISSUER,
            'drawbridge-grant': identity.grantId,
            'drawbridge-access-request': identity.accessRequestId,
            'drawbridge-connection': 'prod-eks',
          },
        },
      },
    ]);
  });

  it('is for the public address of STS, however our own calls go, and lasts 60 seconds by its word', async () => {
    const token = await tokenOf(call());
    const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
    expect(url.host).toBe('sts.eu-west-1.amazonaws.com');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(token).not.toMatch(/[^\w.-]/);
  });

  it('is made once for all calls of a grant, and then is there without a promise', async () => {
    const identity = call();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf(identity)));
    expect(new Set(tokens).size).toBe(1);
    expect(credential.headers(identity)).not.toBeInstanceOf(Promise);
    expect(assumed()).toHaveLength(1);
  });

  it('is another one for another grant, and none for the grant of another agent', async () => {
    const identity = call();
    const other = call('agent-reader');
    expect(await tokenOf(identity)).not.toBe(await tokenOf(other));
    expect(await causeOf({ ...call('agent-reader'), grantId: identity.grantId })).toBe(
      'the grant is of another agent',
    );
  });

  it('is of no use at another cluster', async () => {
    const other = open({ clusterName: 'staging' });
    const token = await tokenOf(call(), other);
    expect((await eks.review(token)).authenticated).toBe(false);
    expect(eks.authenticator.reviewed.at(-1)?.refusal).toBe('STS answered with 403');
    await other.close();
  });

  it('carries a session policy and transitive tags where they are wished', async () => {
    const sessionPolicy = { Version: '2012-10-17', Statement: [] };
    const narrow = open({
      transitiveTags: true,
      sessionPolicy,
      sessionPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    });
    await tokenOf(call(), narrow);
    expect(assumed()[0]?.assumed).toMatchObject({
      policy: JSON.stringify(sessionPolicy),
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      transitiveTagKeys: expect.arrayContaining(['drawbridge-agent', 'drawbridge-grant']) as [],
    });
    await narrow.close();
  });

  it('names a hostile agent within the rules, and apart from every other', async () => {
    const names = [
      'a\nb',
      '"<x>',
      '../../admin',
      '*',
      'аdmin',
      'admin\u202e',
      ' ',
      'x'.repeat(999),
    ];
    const users: (string | undefined)[] = [];
    for (const name of names) {
      const { authenticated, user } = await eks.review(await tokenOf(call(name)));
      expect(authenticated).toBe(true);
      users.push(user?.username);
    }
    const agents = assumed().map(({ assumed: input }) => input?.tags['drawbridge-agent']);
    expect(new Set(agents).size).toBe(names.length);
    for (const user of users) expect(user).toMatch(/^drawbridge:[\w+=,.@-]{2,64}$/);
  });
});

describe('a session', () => {
  // A process that stalls for longer than it is renewed ahead is not what this is about.
  it('is renewed ahead: no call gets an expired token or waits', { retry: 3 }, async () => {
    eks.aws.sessionSeconds = 6;
    const identity = call();
    await tokenOf(identity);
    const seen = new Set<string>();
    while (assumed().length < 3 || seen.size < 4) {
      const headers = credential.headers(identity);
      expect(headers).not.toBeInstanceOf(Promise);
      const token = (headers as string[])[1]?.replace('Bearer ', '') ?? '';
      seen.add(token);
      expect((await eks.review(token)).authenticated).toBe(true);
      await sleep(20);
    }
    expect(failures).toStrictEqual([]);
  });

  it('goes on while STS is down, to its end; then calls are refused, and later served again', async () => {
    eks.aws.sessionSeconds = 8;
    const identity = call();
    await tokenOf(identity);
    const startedAt = Date.now();
    eks.aws.fault = 'no answer';
    await sleep(3_000);
    expect(credential.headers(identity)).not.toBeInstanceOf(Promise);
    await sleep(startedAt + 7_500 - Date.now());
    expect(await causeOf(identity)).toMatch(/^AssumeRole of arn:.* failed \(/);
    expect(failures.length).toBeGreaterThan(0);
    eks.aws.fault = undefined;
    await eventually(() => tokenOf(identity));
  });

  it('is kept when STS throttles only for a moment', async () => {
    eks.aws.fault = { status: 400, code: 'Throttling' };
    const token = tokenOf(call());
    await eventually(() => expect(assumed().length).toBeGreaterThan(0));
    eks.aws.fault = undefined;
    expect((await eks.review(await token)).authenticated).toBe(true);
  });

  it('asks STS rarely while it fails, however many calls come', async () => {
    eks.aws.expireAmbient();
    const identity = call();
    const before = performance.now();
    for (let count = 0; count < 200; count += 1) await causeOf(identity);
    const seconds = (performance.now() - before) / 1_000;
    // Each pause is twice the one before, the first no shorter than 3/16 of a second.
    expect(assumed().length).toBeLessThanOrEqual(1 + Math.log2(1 + seconds / 0.1875));
  });

  it.each([10, -10])('works when our clock is %i minutes behind that of AWS', async (minutes) => {
    eks.aws.clockAheadMs = minutes * 60_000;
    const identity = call();
    expect((await eks.review(await tokenOf(identity))).authenticated).toBe(true);
    expect(credential.headers(identity)).not.toBeInstanceOf(Promise);
    expect(assumed().map(({ error }) => error)).toStrictEqual(['SignatureDoesNotMatch', '']);
  });

  it('is left behind when the cluster refuses its token', async () => {
    const identity = call();
    const token = await tokenOf(identity);
    await eventually(async () => {
      credential.refused(identity);
      expect(await tokenOf(identity)).not.toBe(token);
    });
  });

  it('ends with its grant, by an event or by the clock, and there are never too many', async () => {
    const few = open({}, 3);
    const identity = call();
    await tokenOf(identity, few);
    few.grantEnded(identity.grantId);
    expect(few.size).toBe(0);
    await tokenOf({ ...call(), grantEndsAtMs: Date.now() + 300 }, few);
    await eventually(() => expect(few.size).toBe(0));
    for (let count = 0; count < 6; count += 1) await tokenOf(call(), few);
    expect(few.size).toBe(3);
    await few.close();
  });
});

describe('many grants', () => {
  it('leave nothing behind when they have ended', async () => {
    eks.aws.sessionSeconds = 6;
    const many = open({}, 10_000);
    const identities = Array.from({ length: 200 }, () => call());
    for (const identity of identities) await tokenOf(identity, many);
    expect(many.size).toBe(200);
    for (const { grantId } of identities) many.grantEnded(grantId);
    expect(many.size).toBe(0);
    // What was under way still comes to its end.
    const asked = await eventually(async () => {
      const before = eks.aws.calls.length;
      await sleep(500);
      expect(eks.aws.calls).toHaveLength(before);
      return before;
    });
    // By then each would have been renewed.
    await sleep(5_000);
    expect(eks.aws.calls).toHaveLength(asked);
    await many.close();
  });
});

describe('a refusal of AWS', () => {
  it.each([
    ['of a wrong external id', { externalId: 'wrong' }, 'AccessDenied'],
    ['of no external id', { externalId: undefined }, 'AccessDenied'],
    ['of a session that does not say for whom', { sourceIdentity: false }, 'AccessDenied'],
    ['of a session without tags', { sessionTags: false }, 'AccessDenied'],
    ['of an unknown role', { roleArn: `${ROLE}-x` }, 'AccessDenied'],
    ['of a duration that chaining forbids', { durationSeconds: 7_200 }, 'ValidationError'],
    ['of another region', { region: 'us-east-1' }, 'SignatureDoesNotMatch'],
  ])('%s becomes credential_unavailable with its code', async (_name, change, code) => {
    const wrong = open(change);
    const message = await causeOf(call(), wrong);
    expect(message).toContain(code);
    expect(message).not.toContain('canary');
    await wrong.close();
  });

  it('of expired ambient credentials says so', async () => {
    eks.aws.expireAmbient();
    expect(await causeOf(call())).toContain('ExpiredToken');
  });
});

describe('T20 the secrets of a session', () => {
  it('are shown by nothing that is printed', async () => {
    const identity = call();
    const token = await tokenOf(identity);
    const endpoint = new EksClusterEndpoint({
      connection: 'prod-eks',
      spec: eksSpec(),
      clients,
      onFailure: () => undefined,
    });
    await endpoint.current();
    const shown = [credential, endpoint]
      .map((held) => inspect(held, { depth: 20, showHidden: true }) + JSON.stringify(held))
      .join();
    expect(shown).not.toContain('canary');
    expect(shown).not.toContain(token.slice(-40));
    await endpoint.close();
  });
});

describe('the address of an EKS cluster', () => {
  const lookUp = (change: Partial<ReturnType<typeof eksSpec>> = {}) =>
    new EksClusterEndpoint({
      connection: 'prod-eks',
      spec: eksSpec(change),
      clients,
      onFailure: () => undefined,
    });

  it('is looked up by its name, with a session of the role for the gateway itself', async () => {
    const endpoint = lookUp();
    const found = await endpoint.current();
    expect(found.server.href).toBe('https://0a1b.eks.test/');
    expect(found.certificateAuthority).toBe(authority);
    expect(endpoint.current()).toBe(found);
    expect(eks.aws.calls.map(({ action, caller }) => [action, caller?.split('/').at(-1)])).toEqual([
      ['AssumeRole', 'proxy-0'],
      ['DescribeCluster', 'drawbridge-gateway'],
    ]);
    await endpoint.close();
  });

  it('that AWS does not give in time is a refusal, not a wait', async () => {
    const endpoint = lookUp();
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    process.env['AWS_ENDPOINT_URL_EKS'] = `http://127.0.0.1:${port}`;
    await expect(endpoint.current()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('TimeoutError') as string },
    });
    process.env['AWS_ENDPOINT_URL_EKS'] = eks.aws.endpoint;
    silent.closeAllConnections();
    silent.close();
    await endpoint.close();
  });

  it('that nobody knows is a refusal', async () => {
    const endpoint = lookUp({ clusterName: 'nope' });
    await expect(endpoint.current()).rejects.toMatchObject({
      code: 'credential_unavailable',
      cause: { message: expect.stringMatching(/^DescribeCluster of nope failed/) as string },
    });
    await endpoint.close();
  });
});
