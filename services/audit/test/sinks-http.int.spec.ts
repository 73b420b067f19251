import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParkedRecordsView, ParkedRecordView, Problem, SinksView } from '@drawbridge/contracts';
import { countParked, recordCommands } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.js';
import { commandIdAt, refused } from './sample-records.js';
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
});
afterAll(async () => {
  await audit.stop();
  await rm(directory, { recursive: true, force: true });
});

const ask = (token: string, path = '', method = 'GET') =>
  fetch(`${audit.url()}/v1/audit/sinks${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });

const others = [
  ['nobody without a token', '', 401],
  ['no agent, whatever its groups', tokenOf('agent-oncall', 'agent', ['auditors']), 403],
  ['no human outside the groups', tokenOf('erin', 'human', ['developers']), 403],
] as const;

describe('GET /v1/audit/sinks', () => {
  it.each(others)('is for %s', async (_, token, status) => {
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

describe('records that a sink refused', () => {
  let receiver: OtlpReceiver;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
  });
  afterAll(() => receiver.close());

  const configure = (...names: readonly string[]) => {
    const documents = names.map((name) => ({
      ...{ apiVersion: 'drawbridge.dev/v1alpha1', kind: 'Sink', metadata: { name } },
      spec: {
        streams: ['COMMANDS'],
        to: { type: 'otlp', url: receiver.url, allowInsecureHttp: true },
      },
    }));
    const text = documents.map((one) => JSON.stringify(one)).join('\n---\n');
    return writeFile(join(directory, 'sinks.yaml'), text);
  };
  const isTold = async (name: string) => {
    const { items } = SinksView.parse(await (await ask(auditor)).json());
    // A place is kept, so that what comes is told.
    expect(items.map((one) => one.name)).toContain(name);
    await eventually(async () => {
      const id = commandIdAt(new Date().toISOString());
      await recordCommands(audit.connection, refused(id));
      await eventually(() => expect(told()).toContain(id), { timeoutMs: 3_000 });
    });
  };
  const told = () =>
    receiver.logs.map(
      ({ body }) => (JSON.parse(body.stringValue) as { commandId?: string }).commandId,
    );
  const parked = async (query = '') =>
    ParkedRecordsView.parse(await (await ask(auditor, `/parked${query}`)).json());
  const retry = async (sequence: number | string) => {
    const response = await ask(auditor, `/parked/${sequence}/retry`, 'POST');
    return { status: response.status, json: await response.json() };
  };
  const codeOf = async (sequence: number | string) => {
    const { status, json } = await retry(sequence);
    return [status, Problem.parse(json).code];
  };

  it('are listed, sent again when a person says so, and then gone from the list', async () => {
    await configure('picky');
    await eventually(() => isTold('picky'));
    expect(await parked()).toStrictEqual({ items: [], total: 0 });
    const [good, one, two] = [1, 2, 3].map(() => commandIdAt(new Date().toISOString())) as [
      ...[string, string, string],
    ];
    const isBad = (text: string) => text.includes(one) || text.includes(two);
    receiver.answer = (logs) =>
      logs.some(({ body }) => isBad(body.stringValue)) ? { status: 400 } : undefined;
    await recordCommands(audit.connection, refused(one), refused(good), refused(two));
    await eventually(async () => expect((await parked()).total).toBe(2));
    expect(told()).toContain(good);
    const { items } = await parked();
    expect(items).toMatchObject([
      {
        sink: 'picky',
        code: 'sink_refused',
        record: { stream: 'COMMANDS', type: 'CommandRefused' },
      },
      { sink: 'picky', code: 'sink_refused', record: { line: 2 } },
    ]);
    expect((await parked('?limit=1')).items).toStrictEqual(items.slice(0, 1));
    const [first, second] = items as [ParkedRecordView, ParkedRecordView];
    // The one before it in its message is none of this sequence, and one that is refused again stays.
    expect(await codeOf(first.sequence)).toStrictEqual([502, 'sink_refused']);
    expect((await parked()).total).toBe(2);
    receiver.answer = () => undefined;
    const sent = await retry(second.sequence);
    expect(sent.status).toBe(200);
    expect(ParkedRecordView.parse(sent.json)).toStrictEqual(second);
    expect(told().filter((id) => id === two)).toHaveLength(1);
    expect(told()).not.toContain(one);
    expect(await parked()).toStrictEqual({ items: [first], total: 1 });
    expect(await codeOf(second.sequence)).toStrictEqual([404, 'parked_record_unknown']);
    await eventually(async () => {
      expect(SinksView.parse(await (await ask(auditor)).json()).parked).toBe(1);
    });
    expect(await countParked(audit.connection, 'audit-sinks')).toBe(2);
  });

  it.each(['0', 'x', '999999', '1e3'])(
    'are named by their number, and %s is none',
    async (text) => {
      expect(await codeOf(text)).toStrictEqual([404, 'parked_record_unknown']);
    },
  );

  it('go to no sink that is gone, or is not told of such records any more', async () => {
    const [{ sequence }] = (await parked()).items as [ParkedRecordView];
    // Until it is gone it would take it.
    receiver.answer = () => ({ status: 400 });
    await configure('another');
    await eventually(async () => {
      expect(await codeOf(sequence)).toStrictEqual([409, 'sink_unknown']);
    });
    const document = {
      ...{ apiVersion: 'drawbridge.dev/v1alpha1', kind: 'Sink', metadata: { name: 'picky' } },
      spec: {
        types: ['GrantIssued'],
        to: { type: 'otlp', url: receiver.url, allowInsecureHttp: true },
      },
    };
    await writeFile(join(directory, 'sinks.yaml'), JSON.stringify(document));
    await eventually(async () => {
      expect(await codeOf(sequence)).toStrictEqual([409, 'parked_record_unwanted']);
    });
  });

  it.each(others)('are shown to, and sent by, %s', async (_, token, status) => {
    const [{ sequence }] = (await parked()).items as [ParkedRecordView];
    const before = receiver.headers.length;
    for (const [path, method] of [
      ['/parked', 'GET'],
      ['/parked?limit=x', 'GET'],
      [`/parked/${sequence}/retry`, 'POST'],
      ['/parked/999999/retry', 'POST'],
    ] as const) {
      const response = await ask(token, path, method);
      expect([path, response.status]).toStrictEqual([path, status]);
      expect(await response.text()).not.toContain('picky');
    }
    expect(receiver.headers).toHaveLength(before);
    expect((await ask(auditor, '/parked?limit=101')).status).toBe(400);
  });
});
