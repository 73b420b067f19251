import { join, resolve } from 'node:path';
import { demoPeople, nativeTool, repositoryRoot } from '@drawbridge/embedded';
import { createLogger } from '@drawbridge/runtime';
import { openDemoCluster, type DemoCluster } from './demo-cluster.js';
import { writeShellFiles } from './shell-files.js';
import { startLaptop, type Laptop } from './laptop.js';
import { takeStateDirectory, type StateDirectory } from './state-directory.js';
import { createActor, type Actors } from './story/actors.js';
import { Narrator } from './story/narrator.js';
import { tellOnCallStory } from './story/on-call-story.js';
import { whatToTry } from './what-to-try.js';

export interface DemoOptions {
  /** End after the story. */
  readonly once: boolean;
  readonly kubeconfig?: string;
}

/** The parts of `process` that the demo uses. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: NodeJS.ProcessEnv;
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Starts everything, plays the story when asked to, and stays until Ctrl-C unless `once`.
 *
 * @throws StoryBroken when the story did not go as told; AppError when something could not be started
 */
export async function runDemo(
  { once: endAfterStory, kubeconfig, story }: DemoOptions & { readonly story: boolean },
  terminal: Terminal,
): Promise<void> {
  const say = (text: string) => terminal.stderr.write(`${text}\n`);
  const stop = stopSignal(terminal);
  const state = takeStateDirectory(stateDirectory(terminal.env, story), { fresh: story });
  try {
    const kubectl = await nativeTool('kubectl');
    say('starting NATS, ClickHouse, an identity provider, Slack, a cluster and the five services');
    const cluster = await openDemoCluster({
      state,
      kubectl,
      ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(kubeconfig) }),
    });
    try {
      await withLaptop({ state, cluster, kubectl }, async (running) => {
        if (story) await tellStory(running, terminal);
        if (endAfterStory) return;
        terminal.stdout.write(whatToTry(running.laptop, running.shells));
        await stop;
        say('stopping');
      });
    } finally {
      await cluster.close();
    }
  } finally {
    state.release();
  }
}

function stateDirectory(env: NodeJS.ProcessEnv, story: boolean): string {
  const base = env['DRAWBRIDGE_STATE'] ?? join(repositoryRoot(), '.drawbridge');
  return resolve(base, story ? 'demo' : 'up');
}

async function stopSignal(terminal: Terminal): Promise<void> {
  await new Promise<void>((resolveStop) => {
    terminal.once('SIGINT', resolveStop);
    terminal.once('SIGTERM', resolveStop);
  });
}

interface Parts {
  readonly state: StateDirectory;
  readonly cluster: DemoCluster;
  readonly kubectl: string;
}

interface Running {
  readonly laptop: Laptop;
  readonly actors: Actors;
  /** A file to `source` for each person, by first name or agent id. */
  readonly shells: Readonly<Record<string, string>>;
}

async function withLaptop(
  { state, cluster, kubectl }: Parts,
  use: (running: Running) => Promise<void>,
): Promise<void> {
  const logger = createLogger('laptop', { level: 'warn' });
  const laptop = await startLaptop({ state, ports: 'usual', cluster: cluster.access }, logger);
  try {
    const tools = {
      drawbridgeMain: join(repositoryRoot(), 'apps/cli/dist/main.js'),
      node: process.execPath,
      kubectl,
    };
    const actor = (name: string, secrets: Readonly<Record<string, string>> = {}) =>
      createActor({
        directory: state.directory(`people/${name}`),
        server: laptop.addresses.ingress,
        tools,
        secrets,
      });
    const [oncall] = demoPeople.agents;
    const actors = {
      agent: actor(oncall.id, { DRAWBRIDGE_CLIENT_SECRET: oncall.secret }),
      auditor: actor('bob'),
    };
    const shells = writeShellFiles(state, { actor, kubectl });
    await use({ laptop, actors, shells });
  } finally {
    await laptop.close();
  }
}

async function tellStory({ laptop, actors }: Running, { stdout }: Terminal): Promise<void> {
  const narrator = new Narrator(stdout, stdout.isTTY);
  await tellOnCallStory({ laptop, actors, narrator });
}
