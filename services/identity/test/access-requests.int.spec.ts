import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessRequestView } from '@drawbridge/contracts';
import {
  alice,
  bob,
  dana,
  erin,
  IdentityUnderTest,
  oncall,
  reader,
  validRequest,
} from './identity-under-test.js';
import { sample } from './sample-events.js';

let identity: IdentityUnderTest;
let token: string;
beforeAll(async () => {
  identity = await IdentityUnderTest.start();
  token = await identity.agentToken(oncall);
});
afterAll(() => identity.stop());

const submit = async (key?: string, body: object = validRequest) => {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  return identity.call('/v1/access-requests', { token, body, headers });
};
const viewOf = ({ body }: { body: unknown }) => body as AccessRequestView;

describe('submitting', () => {
  it('answers with the recorded request and where to follow it', async () => {
    const answer = await submit();
    expect(answer.status).toBe(201);
    const view = viewOf(answer);
    expect(view).toMatchObject({
      status: 'requested',
      request: validRequest,
      requester: { kind: 'agent', subject: 'agent-oncall', owner: 'dana@corp.test' },
    });
    const location = String(answer.headers.get('location'));
    expect(location).toBe(`/v1/access-requests/${view.id}`);
    expect(viewOf(await identity.call(location, { token }))).toStrictEqual(view);
  });
});
