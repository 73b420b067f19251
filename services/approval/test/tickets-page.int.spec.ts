import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { accessRequested, agent, stepsOf, validated } from './sample-events.js';

/** What stands on the page that people copy from: configuration, requests as they come over the wire, and a script. */
const page = await readFile(new URL('../../../docs/tickets.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)\\n\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
const secrets = Object.fromEntries(
  [...page.matchAll(/`([^`\s]+)` in\s+`secrets\/([a-z-]+)`/g)].map(([, secret, name]) => [
    name ?? '',
    secret ?? '',
  ]),
);

interface Sample {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const samples = blocks('http').map((text): Sample => {
  const [head = '', body = ''] = text.split('\n\n');
  const [first = '', ...lines] = head.split('\n');
  const headers = lines.map((line) => line.split(': ') as [string, string]);
  return { path: first.replace('POST ', ''), headers: Object.fromEntries(headers), body };
});
const [fromJira, fromServiceNow] = samples;

/** When the page was signed. */
const then = Number(fromServiceNow?.headers['webhook-timestamp']) * 1000;
const offsetMs = then + 10_000 - Date.now();
let world: World;
let service: Replica;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-page-'));
  await mkdir(join(directory, 'secrets'));
  for (const [name, secret] of Object.entries(secrets))
    await writeFile(join(directory, 'secrets', name), secret, { mode: 0o600 });
  const webhooks = blocks('yaml').filter((text) => text.includes('kind: Webhook'));
  await writeFile(join(directory, 'webhooks.yaml'), webhooks.join('\n---\n'));
  world = await startWorld();
  const clock = () => new Date(Date.now() + offsetMs);
  service = await world.start({ clock, slack: false, env: { CONFIG_DIR: directory } });
});
afterAll(async () => {
  await world.stop();
  await rm(directory, { recursive: true });
});

const post = async ({ path, headers, body }: Sample) =>
  (await fetch(`${service.url}${path}`, { method: 'POST', headers, body })).status;

async function pending(requestId: string, webhook: string, ticket: string) {
  const approval = stepsOf({
    order: 'parallel',
    steps: [
      { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] },
      { type: 'ticket', name: 'change', webhook },
    ],
  });
  await world.append(requestId, accessRequested, validated(approval, agent, { ticket }));
  await world.eventOf(requestId, 'ApprovalRequested');
}

describe('docs/tickets.md', () => {
  it('names a secret for each of its samples', () => {
    expect(samples).toHaveLength(2);
    expect(Object.keys(secrets)).toStrictEqual(['jira-callbacks', 'servicenow-callbacks']);
  });

  it.each([
    {
      who: 'Jira',
      sample: fromJira,
      request: '019c0000-1111-7000-8000-000000000042',
      webhook: 'jira',
      ticket: 'OPS-42',
      by: 'Carol Meyer',
    },
    {
      who: 'ServiceNow',
      sample: fromServiceNow,
      request: '019c0000-1111-7000-8000-000000000043',
      webhook: 'servicenow',
      ticket: 'CHG0030001',
      by: 'carol.meyer',
    },
  ])('$who: what it sends is taken as it stands there, once', async (example) => {
    const { sample, request, webhook, ticket, by } = example;
    if (sample === undefined) throw new Error('no sample');
    await pending(request, webhook, ticket);
    expect(await post({ ...sample, body: `${sample.body} ` })).toBe(401);
    expect(await post(sample)).toBe(204);
    expect(await post(sample)).toBe(204);
    const said = await world.eventOf(request, 'TicketDecided');
    expect(said.event.data).toMatchObject({ webhook, ticket, decision: 'approved', by, seen: 0 });
    const types = (await world.history(request)).map(({ event }) => event.type);
    expect(types.filter((type) => type === 'TicketDecided')).toHaveLength(1);
  });

  it('ServiceNow: the business rule sends exactly that', () => {
    const [script = ''] = blocks('js');
    const sent = { headers: {} as Record<string, string>, endpoint: '', body: '' };
    const values: Readonly<Record<string, string>> = {
      ...{ u_drawbridge_request: '019c0000-1111-7000-8000-000000000043', u_drawbridge_terms: '0' },
      ...{ number: 'CHG0030001', approval: 'approved', sys_updated_by: 'carol.meyer' },
      sys_mod_count: '7',
    };
    runInNewContext(script, {
      current: {
        getValue: (name: string) => values[name],
        getUniqueValue: () => 'f1b2c3d4e5f60718293a4b5c6d7e8f90',
      },
      gs: { getProperty: () => secrets['servicenow-callbacks']?.replace('whsec_', '') },
      GlideDateTime: class {
        getNumericValue = () => then + 999;
      },
      GlideCertificateEncryption: class {
        generateMac = (key: string, _: string, text: string) =>
          createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
      },
      sn_ws: {
        RESTMessageV2: class {
          setEndpoint = (endpoint: string) => (sent.endpoint = endpoint);
          setHttpMethod = () => undefined;
          setRequestHeader = (name: string, value: string) => (sent.headers[name] = value);
          setRequestBody = (body: string) => (sent.body = body);
          execute = () => ({ getStatusCode: () => 204 });
        },
      },
    });
    expect(sent.headers).toStrictEqual(fromServiceNow?.headers);
    expect(sent.body).toBe(fromServiceNow?.body);
    expect(new URL(sent.endpoint).pathname).toBe(fromServiceNow?.path);
  });
});
