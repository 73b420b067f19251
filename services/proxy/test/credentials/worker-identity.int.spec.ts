import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { ambientVariables } from '../../src/workers/ambient-variables.js';
import { startGateway, type Gateway } from '../gateway-under-test.js';
import { startRecordingUpstream, type RecordingUpstream } from '../recording-upstream.js';
import { buildProxy, startBuiltProxy } from '../workers/built-proxy.js';
import { eksSpec, startEks, type EksUnderTest } from './eks-under-test.js';

let upstream: RecordingUpstream;
let eks: EksUnderTest;
let gateway: Gateway;

beforeAll(async () => {
  await buildProxy();
  upstream = await startRecordingUpstream();
  eks = await startEks();
  const { address: server, certificateAuthority } = upstream;
  const { clusterName, region, roleArn, externalId = '' } = eksSpec();
  const spec = { type: 'eks', clusterName, region, roleArn, externalId };
  const credential = Object.entries(spec).map((pair) => pair.join(': '));
  const own = ambientVariables(process.env);
  gateway = await startGateway({
    connections: [
      { name: 'prod', server, certificateAuthority, credential: credential.join('\n') },
    ],
    variables: { WORKERS: '2' },
    launch: (settings) => startBuiltProxy({ ...own, ...settings }),
  });
});

afterAll(async () => {
  await gateway.close();
  await eks.close();
  await upstream.close();
});

describe('worker threads', () => {
  it('have the ambient identity of the process, each with sessions of its own', async () => {
    await gateway.grant({ connection: 'prod' });
    await eventually(async () => {
      // Every call comes over a connection of its own, and the kernel chooses the worker.
      const answer = await gateway.call('/connections/prod/api/v1/pods');
      expect(answer.status, answer.body).toBe(200);
      const sessions = eks.aws.calls.filter(({ action }) => action === 'AssumeRole');
      expect(sessions.map(({ error }) => error)).toStrictEqual(['', '']);
    });
    const token = upstream.received.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? '';
    expect((await eks.review(token)).authenticated).toBe(true);
  });
});
