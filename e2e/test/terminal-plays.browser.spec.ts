import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AuditCommandPage } from '@drawbridge/contracts';
import { eventually, nativeTool } from '@drawbridge/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../src/browser.js';
import { HostileTokens } from '../src/hostile-tokens.js';
import { playCast } from '../src/play-cast.js';
import { pythonEnvironment } from '../src/python-environment.js';
import { buildCli, runCli } from '../src/shipped-cli.js';
import { startTerminalSession, type TerminalSession } from '../src/terminal-session.js';
import { startWideGateway, type WideGateway } from '../src/wide-gateway.js';
import { runProgram } from './clients/run-program.js';

/** A human sits at a terminal in a pod, by way of the gateway; what audit gives out of it is played by asciinema. */
const run = promisify(execFile);
const requirements = resolve(import.meta.dirname, '../clients/asciinema/requirements.txt');
const scratch = mkdtempSync(join(tmpdir(), 'drawbridge-plays-'));
const narrow = { cols: 72, rows: 20 };
const wide = { cols: 101, rows: 31 };
const pod = {
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0', namespace: 'default' } },
  spec: { containers: [{ name: 'app', image: 'checkout:1' }] },
};
/** A shell without a user's configuration, whose prompt is known. */
const SHELL = ['env', 'PS1=pod:', 'LC_ALL=C.UTF-8', '/bin/sh'];

let gateway: WideGateway;
let browser: Browser;
let kubectl: string;
let auditor: Readonly<Record<string, string>>;

beforeAll(async () => {
  await buildCli();
  [gateway, browser, kubectl] = await Promise.all([
    startWideGateway(),
    startBrowser(),
    nativeTool('kubectl'),
  ]);
  const tokens = new HostileTokens(gateway.laptop.identityProvider);
  auditor = {
    HOME: scratch,
    DRAWBRIDGE_URL: gateway.laptop.addresses.ingress,
    DRAWBRIDGE_TOKEN: await tokens.human('bob', ['auditors']),
  };
  const file = join(scratch, 'pod.json');
  writeFileSync(file, JSON.stringify(pod));
  const admin = ['--kubeconfig', gateway.controlPlane.kubeconfig];
  await eventually(() => run(kubectl, [...admin, 'apply', '-f', file]));
  await run(kubectl, [...admin, 'wait', '--for=condition=Ready', 'pod/web-0', '--timeout=60s']);
});
afterAll(async () => {
  await browser.close();
  await gateway.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const audit = (...args: string[]) => runCli(auditor, ['audit', ...args]);

/** The newest session: its id, once it is over and its recording has an end. */
const recordedSession = (since: string) =>
  eventually(
    async () => {
      const args = ['--since', since, '--resource', 'pods/exec', '-o', 'json'];
      const page = AuditCommandPage.parse(JSON.parse(await audit('commands', ...args)));
      const [command] = page.items;
      if (command === undefined) throw new Error('not on the record yet');
      expect(command.outcome).toBe('completed');
      const cast = await audit('play', command.id, '-o', 'cast', '--cast-version', '3');
      expect(cast).toMatch(/,"x","0"\]\n$/);
      return command.id;
    },
    { timeoutMs: 60_000 },
  );

const castOf = (id: string, version: '2' | '3') =>
  audit('play', id, '-o', 'cast', '--cast-version', version);

/** What somebody types, line by line, each with what the screen shows when it is done. */
async function work(session: TerminalSession): Promise<void> {
  await session.sees('pod:');
  session.types('stty size; echo grün 世界\r');
  await session.sees('grün 世界\r\n');
  session.resize();
  session.types('until [ "$(stty size)" = "31 101" ]; do sleep 0.1; done; stty size\r');
  await session.sees('\r\n31 101\r\n');
  // Rows that are written twice, colours, and a place that the cursor is sent to.
  session.types("printf 'half\\rdone\\n\\033[31mred\\033[0m\\033[12;95Hfar\\n'\r");
  await session.sees('far\r\n');
  session.types('exit\r');
  expect(await session.ended).toBe(0);
}

/** As a terminal of that size shows it, worked out by hand. */
const screen = [
  'pod:stty size; echo grün 世界',
  '20 72',
  'grün 世界',
  'pod:until [ "$(stty size)" = "31 101" ]; do sleep 0.1; done; stty size',
  '31 101',
  "pod:printf 'half\\rdone\\n\\033[31mred\\033[0m\\033[12;95Hfar\\n'",
  'done',
  'red',
  ...['', '', ''],
  `${' '.repeat(94)}far`,
  'pod:exit',
];

describe.each([
  { protocol: 'WebSocket', on: 'true' },
  { protocol: 'SPDY', on: 'false' },
])('a session in a terminal over $protocol', ({ protocol, on }) => {
  let id: string;
  let shown: string;

  beforeAll(async () => {
    const directory = join(scratch, protocol);
    mkdirSync(directory);
    const since = new Date().toISOString();
    const session = startTerminalSession({
      command: [
        ...['env', `KUBECTL_REMOTE_COMMAND_WEBSOCKETS=${on}`, kubectl],
        ...['--kubeconfig', gateway.kubeconfig, 'exec', '-it', 'web-0', '--', ...SHELL],
      ],
      directory,
      from: narrow,
      to: wide,
    });
    await work(session);
    shown = session.shown().toString();
    id = await recordedSession(since);
  });

  it('plays in asciinema: byte for byte what was shown', async ({ skip }) => {
    const environment = await pythonEnvironment(requirements);
    if ('missing' in environment) return skip(environment.missing);
    const file = join(scratch, `${protocol}.cast`);
    writeFileSync(file, await castOf(id, '2'));
    const played = await runProgram(environment.python, ['-m', 'asciinema', 'cat', file], {
      LC_ALL: 'C.UTF-8',
    });
    expect(played).toStrictEqual({ code: 0, out: shown, err: '' });
  });

  it.each(['2', '3'] as const)(
    "plays in asciinema's player as asciicast %s: the screen and its size",
    async (version) => {
      const cast = await castOf(id, version);
      const { cols: width, rows: height } = narrow;
      expect(JSON.parse(cast.slice(0, cast.indexOf('\n')))).toMatchObject({
        ...{ version: Number(version), command: SHELL.join(' ') },
        ...(version === '2' ? { width, height } : { term: narrow }),
      });
      expect(await playCast(browser, cast)).toStrictEqual({ lines: screen, size: wide });
    },
  );
});
