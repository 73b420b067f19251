import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createActor,
  startLaptop,
  takeStateDirectory,
  type Actor,
  type Laptop,
} from '@drawbridge/laptop';
import { Closers, createLogger } from '@drawbridge/runtime';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { repositoryRoot } from '@drawbridge/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CliProcess } from '../src/browser-cli-process.js';
import { startBrowser, visit, type Visitor } from '../src/browser.js';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-browser-'));
let browser: Browser;
let cluster: SandboxCluster;
let laptop: Laptop;
let visitor: Visitor;
let actor: Actor;
let actors = 0;
const closers = new Closers();

beforeAll(async () => {
  closers.add(() => rmSync(directory, { recursive: true, force: true }));
  browser = await startBrowser();
  closers.add(() => browser.close());
  cluster = await startSandboxCluster();
  closers.add(() => cluster.close());
  const { address: server, certificateAuthority, adminToken: token } = cluster;
  const access = {
    server,
    certificateAuthority,
    credential: { type: 'bearerToken', token },
  } as const;
  const state = takeStateDirectory(join(directory, 'laptop'));
  laptop = await startLaptop(
    { state, ports: 'any', cluster: access },
    createLogger('laptop', { level: 'warn' }),
  );
  closers.add(() => laptop.close());
});
afterAll(() => closers.close());

beforeEach(async () => {
  actors += 1;
  actor = createActor({
    directory: join(directory, `person-${actors}`),
    server: laptop.addresses.ingress,
    tools: {
      drawbridgeMain: join(repositoryRoot(), 'apps/cli/dist/main.js'),
      node: process.execPath,
      kubectl: '/nowhere/kubectl',
    },
  });
  visitor = await visit(browser, laptop.identityProvider.issuer);
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.complaints).toEqual([]);
});

const press = (name: string) => visitor.page.getByRole('button', { name, exact: true }).click();
const at = (name: string) => visitor.page.getByRole('heading', { level: 1, name }).waitFor();
const run = (...args: string[]) => new CliProcess(actor.drawbridge(...args)).ended();

/** Starts `drawbridge login` and opens the address that it prints, as a human would. */
async function followTheTerminal(): Promise<CliProcess> {
  const login = new CliProcess(actor.drawbridge('login', '--no-browser'));
  const [, address = ''] = await login.said(/Open (http\S+)/);
  const [, code = ''] = await login.said(/code (\S+)/);
  await visitor.page.goto(address);
  await at('Is this your code?');
  expect(await visitor.page.locator('main').innerText()).toContain(code);
  return login;
}

describe('drawbridge login', () => {
  it('waits for the browser, and then knows who the human is', async () => {
    const login = await followTheTerminal();
    await press('Yes, continue');
    await visitor.page.getByRole('radio', { name: /^Bob/ }).check();
    expect(login.running).toBe(true);
    await press('Log in');
    await at('Done');
    const ended = await login.ended();
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).toContain('logged in to');
    const whoami = await run('whoami');
    expect(whoami.exitCode).toBe(0);
    expect(whoami.stdout).toMatch(/you are +human human-bob\n/);
    expect(whoami.stdout).toMatch(/email +bob@corp\.test\n/);
    expect(whoami.stdout).toMatch(/groups +sre-oncall, auditors\n/);
  });

  it('ends when the human says that it is not their code', async () => {
    const login = await followTheTerminal();
    await press('No, stop');
    await at('Stopped');
    const ended = await login.ended();
    expect(ended.exitCode).toBe(3);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('access_denied');
    expect((await run('whoami')).exitCode).toBe(3);
  });

  it('ends when the human does not want to say who they are', async () => {
    const login = await followTheTerminal();
    await press('Yes, continue');
    await press('Cancel');
    await at('Stopped');
    expect(await login.ended()).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('waits on while somebody enters a code that is not its own', async () => {
    const login = await followTheTerminal();
    await visitor.page.goto(`${laptop.identityProvider.issuer}/device`);
    await visitor.page.getByRole('textbox', { name: 'Code from your terminal' }).fill('BBBB-BBBB');
    await press('Continue');
    await visitor.page.getByRole('alert').getByText('No login is waiting').waitFor();
    expect(login.running).toBe(true);
    login.interrupt();
    const ended = await login.ended();
    expect(ended.exitCode).not.toBe(0);
    expect(ended.stderr).toContain('interrupted');
  });
});
