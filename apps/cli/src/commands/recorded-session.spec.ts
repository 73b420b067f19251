import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { exitCode } from '../exit-code.js';
import { runProgram } from '../program.js';

const id = '019b8d2a-1a80-7000-8000-000000000001';
const base = 'http://127.0.0.1:1';
const recordingPath = `/v1/audit/recordings/${id}`;

/** What is answered at a path: each in its turn, the last one again and again. */
let answers: Record<string, readonly [status: number, body: unknown][]>;
let asked: { readonly path: string; readonly body?: string }[];
let out: string;
let notes: string;

beforeEach(() => {
  [asked, out, notes] = [[], '', ''];
  answers = { '/.well-known/drawbridge': [[200, discovery]] };
  vi.stubGlobal('fetch', (url: URL, { body }: { readonly body?: string }) => {
    const { pathname: path } = url;
    const before = asked.filter((one) => one.path === path).length;
    asked.push({ path, ...(body !== undefined && { body }) });
    const [status, answer] = (answers[path]?.[before] ?? answers[path]?.at(-1)) || [404, {}];
    return Promise.resolve(new Response(JSON.stringify(answer), { status }));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const discovery = {
  ...{ ingress: base, approvals: base, audit: base, gateway: 'https://127.0.0.1:2', issuers: [] },
};
const recording = (ended: boolean) => ({
  ...{ commandId: id, connection: 'prod-eks', startedAt: '2026-01-05T09:00:00.000Z', seconds: 1 },
  header: { version: 1, tty: false, stdin: false, kind: 'exec' },
  ...{ pieces: 1, missing: [], ended },
});
const piece = (index: number, last: boolean) => ({
  ...{ index, at: '2026-01-05T09:00:00.000Z', frames: [[0, 'o', `piece ${index}\r\n`]], last },
});

const drawbridge = (...args: string[]) =>
  runProgram(
    {
      env: { DRAWBRIDGE_URL: base, DRAWBRIDGE_TOKEN: 'token', HOME: '/nowhere' },
      out: (text) => (out += text),
      note: (text) => (notes += text),
      clock: () => new Date('2026-01-05T09:00:00.000Z'),
      program: '/usr/bin/drawbridge',
      interrupted: new AbortController().signal,
    },
    args,
  );

const noEnd = 'the recording has no end';

it('that was cut while it was followed is not said to run', async () => {
  answers[recordingPath] = [
    [200, recording(false)],
    [200, { ...recording(true), cut: 'too long' }],
  ];
  answers[`${recordingPath}/pieces`] = [
    [200, { pieces: [piece(0, false)], next: 1 }],
    [200, { pieces: [piece(1, true)] }],
  ];
  expect(await drawbridge('audit', 'play', id, '--follow')).toBe(exitCode.ok);
  expect(out).toContain('piece 1');
  expect(notes).not.toContain(noEnd);
  expect(notes).toContain('not all of it was kept: too long');
});

it('that has no end is said to have none, and is asked about once', async () => {
  answers[recordingPath] = [[200, recording(false)]];
  answers[`${recordingPath}/pieces`] = [[200, { pieces: [piece(0, false)] }]];
  expect(await drawbridge('audit', 'play', id)).toBe(exitCode.ok);
  expect(notes).toContain(noEnd);
  expect(asked.filter(({ path }) => path === recordingPath)).toHaveLength(1);
});

const refusal = (status: number, code: string) => ({
  ...{ type: `https://drawbridge.dev/errors#${code}`, title: 'no', status, code, detail: 'no' },
});

it.each(['pause', 'resume', 'cut'] as const)(
  'is stopped by who may not read the record with %s and its connection, and they are told so',
  async (order) => {
    const path = `/v1/sessions/${id}/${order}`;
    answers[path] = [[200, { commandId: id, connection: 'prod-eks', state: 'paused' }]];
    for (const [status, code] of [
      [403, 'auditor_required'],
      [404, 'recording_unknown'],
    ] as const) {
      notes = '';
      answers[recordingPath] = [[status, refusal(status, code)]];
      expect(await drawbridge('session', order, id, '-r', 'why')).toBe(exitCode.usage);
      expect(notes).toContain('--connection: expected the one that the session is on');
    }
    expect(asked.map((one) => one.path)).not.toContain(path);
    asked = [];
    expect(await drawbridge('session', order, id, '-c', 'prod-eks', '-r', 'why')).toBe(exitCode.ok);
    const body = JSON.stringify({ connection: 'prod-eks', reason: 'why' });
    expect(asked.filter((one) => one.path !== '/.well-known/drawbridge')).toEqual([{ path, body }]);
  },
);

it('is not said to need its connection when something else is wrong', async () => {
  answers[recordingPath] = [[429, refusal(429, 'audit_busy')]];
  await drawbridge('session', 'cut', id, '-r', 'why');
  expect(notes).toContain('audit_busy');
  expect(notes).not.toContain('--connection');
});
