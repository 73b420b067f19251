import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { headers } from '@nats-io/nats-core';
import {
  AuditTrailPage,
  Problem,
  recordLine,
  SearchPage,
  type CommandBody,
  type SessionChunk,
  type SessionFrame,
} from '@drawbridge/contracts';
import { recordCommands } from '@drawbridge/jetstream';
import { DirectoryStore } from '@drawbridge/object-store';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenOf } from './demo-tokens.js';
import { agent, commandIdAt, ended, grantId, started } from './sample-records.js';
import { startTestAudit, type TestAudit } from './test-audit.js';

const MIB = 1_048_576;
let audit: TestAudit;
let directory = '';
let objects: DirectoryStore;
const auditor = tokenOf('bob', 'human', ['auditors']);
const dana = tokenOf('human-dana', 'human', { groups: ['sre-oncall'], email: 'dana@corp.test' });
const stranger = { ...agent, subject: 'agent-billing', owner: 'fred@corp.test' };
const sha256Of = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const ids = new Map<string, string>();
/** Ids in the order in which they are asked for, a second apart. */
const id = (name: string): string => {
  const known = ids.get(name);
  if (known !== undefined) return known;
  const made = commandIdAt(
    new Date(Date.parse('2026-01-05T09:00:00Z') + ids.size * 1000).toISOString(),
  );
  ids.set(name, made);
  return made;
};
const during = 'since=2026-01-05T00:00:00Z&until=2026-01-06T00:00:00Z';

const ask = (query: string, token = auditor) =>
  fetch(`${audit.url()}/v1/audit/search?${query}`, {
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
async function search(text: string, more = '', token = auditor): Promise<SearchPage> {
  const answer = await ask(`text=${encodeURIComponent(text)}&${during}${more}`, token);
  const body: unknown = await answer.json();
  expect(answer.status, JSON.stringify(body)).toBe(200);
  return SearchPage.parse(body);
}
/** Which commands, and where. */
async function places(text: string, more = '', token = auditor): Promise<string[]> {
  const names = new Map([...ids].map(([name, of]) => [of, name] as const));
  const { items } = await search(text, more, token);
  return items.map(({ commandId, where }) => `${names.get(commandId)} ${where}`);
}

const bodyOf = (name: string, text: string, change: Partial<CommandBody> = {}): CommandBody => ({
  type: 'CommandBody',
  commandId: id(name),
  connection: 'prod-eks',
  at: '2026-01-05T09:00:01.000Z',
  direction: 'response',
  contentType: 'application/json',
  bytes: Buffer.byteLength(text),
  sha256: sha256Of(text),
  encoding: 'utf8',
  content: text,
  ...change,
});
async function inObjects(
  name: string,
  all: Buffer,
  change: Partial<CommandBody> = {},
): Promise<CommandBody> {
  const pieces: Buffer[] = [];
  for (let from = 0; from < all.length; from += MIB) pieces.push(all.subarray(from, from + MIB));
  for (const piece of pieces) await objects.put(sha256Of(piece), piece);
  return bodyOf(name, '', {
    ...{ bytes: all.length, sha256: sha256Of(all) },
    objects: pieces.map((piece) => ({ sha256: sha256Of(piece), bytes: piece.length })),
    ...change,
  });
}
const chunk = (
  name: string,
  index: number,
  ...[frames, change = {}]: [readonly SessionFrame[], Partial<SessionChunk>?]
): SessionChunk => ({
  type: 'SessionChunk',
  commandId: id(name),
  connection: 'prod-eks',
  at: '2026-01-05T09:00:01.000Z',
  index,
  frames: [...frames],
  ...(index === 0 && {
    header: { version: 1, argv: ['sh'], tty: true, stdin: true, kind: 'exec' },
  }),
  ...change,
});

async function publish(lines: readonly (CommandBody | SessionChunk)[]): Promise<void> {
  const told = headers();
  told.set('Content-Type', 'application/x-ndjson');
  const text = lines.map((line) => `${recordLine(line)}\n`).join('');
  await audit.connection.jetstream.publish('drawbridge.commands._batch.test', text, {
    headers: told,
  });
}

const split = Buffer.concat([
  Buffer.alloc(MIB - 3, 'x'),
  Buffer.from('objneedle'),
  Buffer.alloc(MIB),
]);
const lost = Buffer.concat([Buffer.from('lostneedle'), Buffer.alloc(MIB, 'l')]);
const damaged = Buffer.concat([Buffer.from('damagedneedle'), Buffer.alloc(MIB, 'd')]);
const pathIn = (sha256: string) => join(directory, 'sha256', sha256.slice(0, 2), sha256.slice(2));

async function bodies(): Promise<CommandBody[]> {
  return [
    bodyOf('first', '{"data":"The Alpha Needle, 100% of a_b"}', { direction: 'request' }),
    bodyOf('first', '{"alpha needle":"alpha NEEDLE"}'),
    bodyOf('others', '{"secret":"alpha needle of another agent, only-theirs"}'),
    bodyOf('staging', '{"alpha needle":1}', { connection: 'staging-eks' }),
    bodyOf('patterns', '{"data":"1000 of aXb, rm.*x, say \\"hello\\", 1 \\u003c 2 needs"}'),
    bodyOf('hostile', '{"data":"\\u001b[31m hostile-needle \u202e\u200b"}'),
    await inObjects('split', split),
    bodyOf('gzip', gzipSync('zipped needle, gzipped').toString('base64'), {
      ...{ encoding: 'base64', contentEncoding: 'gzip' },
    }),
    await inObjects(
      'brotli',
      brotliCompressSync(Buffer.alloc(3 * MIB, 'zipped needle of brotli ')),
      {
        contentEncoding: 'br',
      },
    ),
    await inObjects('bomb', gzipSync(Buffer.alloc(80 * MIB)), { contentEncoding: 'gzip' }),
    bodyOf('unzippable', Buffer.from('no gzip').toString('base64'), {
      ...{ encoding: 'base64', contentEncoding: 'gzip' },
    }),
    bodyOf('strange', Buffer.from('strange').toString('base64'), {
      ...{ encoding: 'base64', contentEncoding: 'lzw' },
    }),
    bodyOf(
      'protobuf',
      Buffer.from('\u0000\u0012\u0008proto-needle\xff', 'latin1').toString('base64'),
      {
        encoding: 'base64',
      },
    ),
    await inObjects('lost', lost),
    await inObjects('damaged', damaged),
    bodyOf('cut', 'the needle of the beginning', { cut: 'body_limit', bytes: 9_000, kept: 27 }),
    bodyOf('none', '', { cut: 'before_not_found', bytes: 0, kept: 0, direction: 'before' }),
  ];
}

const typed = Array.from('rm -rf /data');
const sessions = (): SessionChunk[] => [
  chunk('typed', 0, [[0.1, 'o', '$ ']]),
  ...typed.map((key, place) => chunk('typed', place + 1, [[place + 1.5, 'o', key]])),
  chunk(
    'typed',
    13,
    [
      [20, 'o', '\r\n'],
      [20.1, 'i', 'rm -rf /data\r'],
      [21, 'o', 'gone\r\n'],
    ],
    {
      final: { chunks: 14 },
    },
  ),
  chunk('escaped', 0, [[0, 'o', '$ rm -\u001b[3']]),
  chunk('escaped', 1, [[4, 'o', '1mrf /da\bata\r\n']], { final: { chunks: 2 } }),
  chunk('theirs', 0, [[0, 'o', 'rm -rf /data, only-theirs-too']], { final: { chunks: 1 } }),
  chunk('sampled', 0, [[0, 'o', 'a log of needles']], {
    header: { version: 1, tty: false, stdin: false, kind: 'log' },
    final: { chunks: 1, cut: 'sampled' },
  }),
  chunk('holed', 0, [[0, 'o', 'hole ']]),
  chunk('holed', 2, [[2, 'o', 'hole end']], { final: { chunks: 3 } }),
  chunk('argv', 0, [], {
    header: {
      version: 1,
      argv: ['sh', '-c', 'curl http://evil.test'],
      tty: false,
      stdin: false,
      kind: 'exec',
    },
    final: { chunks: 1 },
  }),
];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-search-'));
  objects = new DirectoryStore(directory);
  audit = await startTestAudit({ BODY_STORE_URL: `file://${directory}` });
  const all = [...(await bodies()), ...sessions()];
  const change = (name: string) => ({
    ...(['others', 'theirs'].includes(name) && { agent: stranger, grantId: randomUUID() }),
    ...(name === 'staging' && { connection: 'staging-eks', namespace: 'web' }),
  });
  for (const [name, of] of ids) {
    const end = name === 'staging' ? { connection: 'staging-eks' } : {};
    await recordCommands(audit.connection, started(of, change(name)), ended(of, end));
  }
  for (const line of all) await publish([line]);
  await audit.caughtUp();
  const [row] = (await audit.store.rows(
    'SELECT (SELECT uniqExact(command_id) FROM drawbridge.commands) AS commands, (SELECT count() FROM drawbridge.bodies) AS bodies, (SELECT count() FROM drawbridge.session_chunks) AS chunks',
  )) as [Record<string, number>];
  expect(row).toEqual({
    commands: ids.size,
    bodies: all.filter(({ type }) => type === 'CommandBody').length,
    chunks: all.filter(({ type }) => type === 'SessionChunk').length,
  });
  await rm(pathIn(sha256Of(lost.subarray(0, MIB))));
  await writeFile(pathIn(sha256Of(damaged.subarray(0, MIB))), 'damagedneedle');
}, 180_000);
afterAll(async () => {
  await audit.stop();
  await rm(directory, { recursive: true });
});

describe('searching bodies', () => {
  it('finds text whatever its case, newest first, with who, what, where and how often', async () => {
    const { items } = await search('alpha needle');
    expect(items.map(({ commandId, where, hits }) => [commandId, where, hits])).toStrictEqual([
      [id('staging'), 'response', 1],
      [id('others'), 'response', 1],
      [id('first'), 'request', 1],
      [id('first'), 'response', 2],
    ]);
    expect(items[2]).toStrictEqual({
      commandId: id('first'),
      receivedAt: '2026-01-05T09:00:00.000Z',
      ...{ agentIssuer: agent.issuer, agentSubject: agent.subject, agentOwner: 'dana@corp.test' },
      ...{ connection: 'prod-eks', grantId, accessRequestId: items[2]?.accessRequestId },
      ...{ verb: 'patch', apiGroup: 'apps', resource: 'deployments', subresource: '' },
      ...{ namespace: 'payments', name: 'checkout', where: 'request', hits: 1 },
      excerpt: '{"data":"The Alpha Needle, 100% of a_b"}',
      path: '',
    });
  });

  it.each([
    ['100% of', ['first request']],
    ['a_b"}', ['first request']],
    ['rm.*x', ['patterns response']],
    ['say "hello"', ['patterns response']],
    ['1 < 2 needs', ['patterns response']],
    ['.*needle', []],
    ["' OR 1=1 --", []],
    ['{way0:String}', []],
    ['%%%%', []],
    ['\\\\\\\\', []],
  ])('takes %s for what it is', async (text, found) => {
    expect(await places(text, '&in=bodies')).toStrictEqual(found);
  });

  it('finds what is in objects over the ends of their pieces, compressed, and in what is no text', async () => {
    expect(await places('objneedle')).toStrictEqual(['split response']);
    expect(await places('zipped needle')).toStrictEqual(['brotli response', 'gzip response']);
    expect(await places('proto-needle')).toStrictEqual(['protobuf response']);
  });

  it('names what it could not search, and why', async () => {
    const { unsearched } = await search('lostneedle', '&in=bodies');
    expect(unsearched).toStrictEqual([
      { reason: 'encoding_unknown', count: 2, commandIds: [id('strange'), id('unzippable')] },
      { reason: 'not_kept', count: 1, commandIds: [id('cut')] },
      { reason: 'object_damaged', count: 1, commandIds: [id('damaged')] },
      { reason: 'object_missing', count: 1, commandIds: [id('lost')] },
      { reason: 'too_long', count: 1, commandIds: [id('bomb')] },
    ]);
    expect(await places('needle of the beginning')).toStrictEqual(['cut response']);
  });

  it('shows nothing that could deceive', async () => {
    const { items } = await search('hostile-needle');
    expect(items[0]?.excerpt).toBe('{"data":"\\u001b[31m hostile-needle \\u{202e}\\u{200b}"}');
  });

  it('reads by the index, not every body', async () => {
    const explained = await audit.store.rows(
      `EXPLAIN indexes = 1 SELECT 1 FROM drawbridge.bodies WHERE lowerUTF8(content) LIKE lowerUTF8('%ALPHA needle%')`,
    );
    expect(JSON.stringify(explained)).toContain('letters_of_content');
  });
});

describe('searching terminals', () => {
  it('finds what was typed letter by letter, over pieces and escapes, with when', async () => {
    const { items } = await search('rm -rf /data', '&in=terminal');
    expect(items.map(({ commandId, where, seconds }) => [commandId, where, seconds])).toStrictEqual(
      [
        [id('theirs'), 'output', 0],
        [id('escaped'), 'output', 4],
        [id('typed'), 'input', 20.1],
        [id('typed'), 'output', 12.5],
      ],
    );
    expect(items[3]?.excerpt).toBe('$ rm -rf /data gone');
  });

  it('finds the words of exec, and says what is not there to be searched', async () => {
    expect(await places('http://evil')).toStrictEqual(['argv argv']);
    const { unsearched, items } = await search('hole hole', '&in=terminal');
    expect(items).toHaveLength(1);
    expect(unsearched).toStrictEqual([
      { reason: 'not_kept', count: 2, commandIds: [id('holed'), id('sampled')] },
    ]);
  });

  it('searches only where it is told to', async () => {
    expect(await places('rm -rf /data', '&in=bodies')).toStrictEqual([]);
    expect(await places('alpha needle', '&in=terminal')).toStrictEqual([]);
    expect(await places('alpha needle', '&connection=staging-eks')).toHaveLength(1);
    expect(await places('alpha needle', '&namespace=web,other')).toHaveLength(1);
    expect(await places('alpha needle', '&agent=agent-billing')).toStrictEqual(['others response']);
    expect(await places('rm -rf', '&agent=agent-billing')).toStrictEqual(['theirs output']);
    const outside = 'text=alpha%20needle&since=2026-01-06T00:00:00Z&until=2026-01-07T00:00:00Z';
    expect(SearchPage.parse(await (await ask(outside)).json()).items).toStrictEqual([]);
  });
});

describe('pages of a search', () => {
  it('hold everything once, however small they are', async () => {
    const whole = await search('needle');
    const items = [];
    const missed = new Map<string, number>();
    for (let cursor = ''; ;) {
      const page = await search('needle', `&limit=1${cursor}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      items.push(...page.items);
      for (const { reason, count } of page.unsearched) {
        missed.set(reason, (missed.get(reason) ?? 0) + count);
      }
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(items).toStrictEqual(whole.items);
    expect([...missed].toSorted()).toStrictEqual(
      whole.unsearched.map(({ reason, count }) => [reason, count]),
    );
  });

  it('are of one search', async () => {
    const { nextCursor } = await search('needle', '&limit=1');
    const text = `text=another&${during}&cursor=${nextCursor}`;
    expect(Problem.parse(await (await ask(text)).json()).code).toBe('query_invalid');
  });

  it.each(['csv', 'jsonl', 'parquet'])('come as one file in %s', async (format) => {
    const answer = await ask(`text=alpha%20needle&${during}&format=${format}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('drawbridge-unsearched')).toContain('object_missing=1');
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (format === 'parquet') expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
    else expect(bytes.toString().match(/prod-eks|staging-eks/g)).toHaveLength(4);
  });
});

describe('who searches', () => {
  it.each([
    ['nobody', '', 401],
    ['an agent', tokenOf('agent-oncall', 'agent', ['auditors']), 403],
    [
      'somebody without agents',
      tokenOf('eve', 'human', { groups: [], email: 'eve@corp.test' }),
      403,
    ],
  ])('is not %s', async (_, token, status) => {
    expect((await ask(`text=needle&${during}`, token)).status).toBe(status);
  });

  it('finds as an owner only what is of their agent, and learns of nothing else', async () => {
    for (const text of ['only-theirs', 'only-theirs-too']) {
      const theirs = await search(text, '&limit=1', dana);
      const absent = await search('absent everywhere', '&limit=1', dana);
      expect(theirs).toStrictEqual(absent);
      expect((await search(text)).items.length).toBeGreaterThan(0);
    }
    expect(await places('alpha needle', '', dana)).toStrictEqual([
      'staging response',
      'first request',
      'first response',
    ]);
  });

  it('is on the record with what was shown, and not with what was looked for', async () => {
    const fred = tokenOf('human-fred', 'human', { groups: [], email: 'fred@corp.test' });
    await search('only-theirs-too', '', fred);
    await search('nothing of this', '', fred);
    await eventually(async () => {
      const answer = await fetch(`${audit.url()}/v1/audit/trail?limit=1000`, {
        headers: { authorization: `Bearer ${auditor}` },
      });
      const { items } = AuditTrailPage.parse(await answer.json());
      const views = items.filter(({ data }) => JSON.stringify(data).includes('human-fred'));
      expect(views).toMatchObject([
        { type: 'RecordingViewed', data: { commandId: id('theirs'), how: 'search' } },
      ]);
      expect(JSON.stringify(items)).not.toContain('only-theirs-too');
    });
  });
});

describe('a search that is not one', () => {
  it.each([
    ['no text', ''],
    ['an empty text', 'text='],
    ['three letters', 'text=abc'],
    ['four blanks', 'text=%20%20%20%20'],
    ['too much', `text=${'x'.repeat(257)}`],
    ['a NUL', 'text=abc%00def'],
    ['a line break', 'text=abc%0Adef'],
    ['an escape', 'text=abc%1B%5B31m'],
    ['two texts', 'text=needle&text=other'],
    ['somewhere else', 'text=needle&in=everywhere'],
    ['what it has no word for', 'text=needle&regex=true'],
    ['a cursor of nobody', 'text=needle&cursor=bm9uZQ'],
    ['another format', 'text=needle&format=xml'],
    ['pages of a file', 'text=needle&format=csv&limit=1'],
  ])('is refused: %s', async (_, query) => {
    const answer = await ask(query);
    expect(answer.status).toBe(400);
    const { code, detail } = Problem.parse(await answer.json());
    expect(code).toBe('query_invalid');
    expect(detail).toContain('query.');
  });
});
