import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SinksView } from '@drawbridge/contracts';
import { publishTrustBundle } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf, trust } from './demo-tokens.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

let audit: TestAudit;
let directory: string;
const auditor = tokenOf('bob', 'human', ['auditors']);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-sinks-'));
  const to = {
    ...{ type: 'otlp', url: 'https://collector.corp.test/v1/logs' },
    headers: [{ name: 'authorization', valueFile: 'canary-file' }],
  };
  const document = {
    ...{ apiVersion: 'drawbridge.dev/v1alpha1', kind: 'Sink', metadata: { name: 'collector' } },
    spec: { streams: ['ACCESS'], to },
  };
  await writeFile(join(directory, 'sinks.yaml'), JSON.stringify(document));
  audit = await startTestAudit({ CONFIG_DIR: directory });
  await publishTrustBundle(audit.connection, trust(1));
});
afterAll(async () => {
  await audit.stop();
  await rm(directory, { recursive: true, force: true });
});

const ask = (token: string) =>
  fetch(`${audit.url()}/v1/audit/sinks`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });

describe('GET /v1/audit/sinks', () => {
  it.each([
    ['nobody without a token', '', 401],
    ['no agent, whatever its groups', tokenOf('agent-oncall', 'agent', ['auditors']), 403],
    ['no human outside the groups', tokenOf('erin', 'human', ['developers']), 403],
  ])('is for %s', async (_, token, status) => {
    const response = await eventually(async () => {
      const answer = await ask(token);
      expect(answer.status).toBe(status);
      return answer;
    });
    expect(await response.text()).not.toContain('collector');
  });

  it('tells how far each sink is, and nothing of where it is or what opens it', async () => {
    const text = await eventually(async () => {
      const response = await ask(auditor);
      expect(response.status).toBe(200);
      const body = await response.text();
      expect(SinksView.parse(JSON.parse(body)).items).toHaveLength(1);
      return body;
    });
    expect(SinksView.parse(JSON.parse(text))).toEqual({
      items: [
        {
          ...{ name: 'collector', type: 'otlp' },
          streams: [{ stream: 'ACCESS', position: 0, behind: 0 }],
        },
      ],
      parked: 0,
    });
    expect(text).not.toContain('corp.test');
    expect(text).not.toContain('canary-file');
  });
});
