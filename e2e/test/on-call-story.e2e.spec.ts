import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { demoPeople } from '@drawbridge/embedded';
import {
  createActor,
  Narrator,
  openDemoCluster,
  startLaptop,
  takeStateDirectory,
  tellOnCallStory,
} from '@drawbridge/laptop';
import { createLogger } from '@drawbridge/runtime';
import { nativeTool, repositoryRoot, startControlPlane } from '@drawbridge/testing';

const directory = mkdtempSync(join(tmpdir(), 'drawbridge-story-'));

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Tells the story against the cluster of a kubeconfig, or the sandbox, and returns what was printed. */
async function tell(
  name: string,
  kubeconfig?: string,
): Promise<{ told: string; secrets: string[] }> {
  let told = '';
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      told += chunk.toString('utf8');
      done();
    },
  });
  const kubectl = await nativeTool('kubectl');
  const state = takeStateDirectory(join(directory, name));
  const cluster = await openDemoCluster({
    state,
    kubectl,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  });
  const laptop = await startLaptop(
    { state, ports: 'any', cluster: cluster.access },
    createLogger('laptop', { level: 'warn' }),
  );
  const actor = (who: string, secrets: Record<string, string> = {}) =>
    createActor({
      directory: state.directory(`people/${who}`),
      server: laptop.addresses.ingress,
      tools: {
        drawbridgeMain: join(repositoryRoot(), 'apps/cli/dist/main.js'),
        node: process.execPath,
        kubectl,
      },
      secrets,
    });
  const [oncall] = demoPeople.agents;
  const agent = actor(oncall.id, { DRAWBRIDGE_CLIENT_SECRET: oncall.secret });
  try {
    await tellOnCallStory({
      laptop,
      narrator: new Narrator(out, false),
      actors: { agent, auditor: actor('bob') },
    });
  } finally {
    await laptop.close();
    await cluster.close();
  }
  const { credential } = cluster.access;
  const credentials =
    credential.type === 'bearerToken'
      ? [credential.token]
      : [credential.key, Buffer.from(credential.key).toString('base64')];
  const secrets = [...credentials, oncall.secret, 'the-agent-never-sees-this'];
  expect(readFileSync(agent.kubeconfig, 'utf8')).not.toContain(oncall.secret);
  return { told, secrets };
}

function expectNothingLeaked({ told, secrets }: { told: string; secrets: string[] }): void {
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
}

describe('the on-call story, with real commands', () => {
  it('is true of a real control plane', async () => {
    const controlPlane = await startControlPlane();
    try {
      expectNothingLeaked(await tell('real', controlPlane.kubeconfig));
    } finally {
      await controlPlane.stop();
    }
  });

  it('is true of the sandbox cluster', async () => {
    expectNothingLeaked(await tell('sandbox'));
  });
});
