import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { cbor, encodedObject, protobuf, type ToEncode } from './encoded-object.js';
import { startGuardedGateway, type GuardedGateway } from './guarded-gateway.js';

let guarded: GuardedGateway;
beforeAll(async () => {
  // Not yet the default of the API server; clients offer it all the same.
  guarded = await startGuardedGateway({
    apiserverArguments: ['--feature-gates=CBORServingAndStorage=true'],
  });
});
afterAll(() => guarded.close());

const deployments = '/apis/apps/v1/namespaces/payments/deployments';
const deployment = (name: string, { capability = '', replicas = 1, label = 'none' } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'payments', labels: { of: label } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'app:1',
            ...(capability !== '' && { securityContext: { capabilities: { add: [capability] } } }),
          },
        ],
      },
    },
  },
});
const encoded = (given: Partial<ToEncode> & Pick<ToEncode, 'type' | 'object'>) =>
  encodedObject(guarded.cluster.controlPlane, { method: 'POST', path: deployments, ...given });
const saved = async (name: string) => guarded.call('GET', `${deployments}/${name}`);

describe.each([protobuf, cbor])('an object that a client sends as %s', (type) => {
  const kind = type === cbor ? 'cbor' : 'protobuf';
  /** As clients do: again when somebody was faster, as the controllers of the cluster are with what is new. */
  const send = (method: string, path: string, object: object) =>
    eventually(async () => {
      const text = await encoded({ method, path, type, object });
      const answer = await guarded.call(method, path, { type, text });
      if (answer.status === 409) throw new Error(answer.body);
      return answer;
    });

  it('is created where no rule minds', async () => {
    const created = await send('POST', deployments, deployment(`plain-${kind}`));
    expect(created.status, created.body).toBe(201);
    expect((await saved(`plain-${kind}`)).status).toBe(200);
    expect(await guarded.recordOf(deployments)).toMatchObject({ contentType: type });
  });

  it('T16 is judged by what is in it when it is created', async () => {
    const wanted = deployment(`bad-${kind}`, { capability: 'SYS_ADMIN' });
    const answer = await send('POST', deployments, wanted);
    expect(answer.headers['drawbridge-refusal'], answer.body).toBe('guardrail_denied');
    expect(answer.body).toContain('workloads/privileged');
    expect((await saved(`bad-${kind}`)).status).toBe(404);
    expect(await guarded.recordOf(deployments)).toMatchObject({
      type: 'CommandRefused',
      rule: 'workloads/privileged',
      contentType: type,
    });
  });

  it('T16 is judged by what is in it when it is updated', async () => {
    const name = `updated-${kind}`;
    const path = `${deployments}/${name}`;
    await guarded.call('POST', deployments, { text: JSON.stringify(deployment(name)) });
    const denied = await send('PUT', path, deployment(name, { capability: 'SYS_ADMIN' }));
    expect(denied.headers['drawbridge-refusal'], denied.body).toBe('guardrail_denied');
    const passed = await send('PUT', path, deployment(name, { label: 'new' }));
    expect(passed.status, passed.body).toBe(200);
    const { body } = await saved(name);
    expect(JSON.parse(body)).toMatchObject({ metadata: { labels: { of: 'new' } } });
    expect(body).not.toContain('SYS_ADMIN');
  });

  it('is held for what is in it', async () => {
    const name = `held-${kind}`;
    await guarded.call('POST', deployments, { text: JSON.stringify(deployment(name)) });
    const answer = await send('PUT', `${deployments}/${name}`, deployment(name, { replicas: 0 }));
    expect(answer.headers['drawbridge-refusal'], answer.body).toMatch(/^hold_/);
    expect(await guarded.recordOf(`${deployments}/${name}`)).toMatchObject({
      type: 'CommandRefused',
      rule: 'workloads/scale-to-zero',
      contentType: type,
    });
    expect(JSON.parse((await saved(name)).body)).toMatchObject({ spec: { replicas: 1 } });
  });

  it.each([
    ['that is cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['that is JSON after all', () => Buffer.from(JSON.stringify(deployment(`odd-${kind}`)))],
    ['that is nothing', () => Buffer.from([0])],
  ])('is refused as the cluster refuses it: one %s', async (_, spoil) => {
    const text = spoil(await encoded({ type, object: deployment(`odd-${kind}`) }));
    const answer = await guarded.call('POST', deployments, { type, text });
    expect(answer.headers['drawbridge-refusal'], answer.body).toBe('dry_run_refused');
    expect(answer.status).toBe(400);
    expect((await saved(`odd-${kind}`)).status).toBe(404);
    expect(await guarded.recordOf(deployments)).toMatchObject({ type: 'CommandRefused' });
  });

  it('is refused when it is said to be JSON', async () => {
    const text = await encoded({ type, object: deployment(`said-${kind}`) });
    const answer = await guarded.call('POST', deployments, { text });
    expect(answer.headers['drawbridge-refusal'], answer.body).toBe('dry_run_refused');
    expect((await saved(`said-${kind}`)).status).toBe(404);
  });
});

describe('server-side apply in CBOR', () => {
  const type = 'application/apply-patch+cbor';
  const apply = (name: string, capability: string) =>
    guarded.call('PATCH', `${deployments}/${name}?fieldManager=test&force=true`, {
      type,
      text: Buffer.from([0xd9, 0xd9, 0xf7, ...cborOf(deployment(name, { capability }))]),
    });

  it('T16 is judged by what comes of it', async () => {
    const denied = await apply('applied-bad', 'SYS_ADMIN');
    expect(denied.headers['drawbridge-refusal'], denied.body).toBe('guardrail_denied');
    expect((await saved('applied-bad')).status).toBe(404);
    const passed = await apply('applied', '');
    expect(passed.status, passed.body).toBe(201);
  });
});

/** CBOR of texts, whole numbers, lists and maps: enough for a manifest. */
function cborOf(value: unknown): number[] {
  if (typeof value === 'number') return [...cborHead(0, value)];
  if (typeof value === 'string') {
    const bytes = [...Buffer.from(value)];
    return [...cborHead(2, bytes.length), ...bytes];
  }
  if (Array.isArray(value)) return [...cborHead(4, value.length), ...value.flatMap(cborOf)];
  const entries = Object.entries(Object(value) as object);
  return [...cborHead(5, entries.length), ...entries.flat().flatMap(cborOf)];
}

const cborHead = (major: number, count: number): readonly number[] =>
  count < 24 ? [major * 32 + count] : [major * 32 + 25, count >> 8, count & 0xff];
