import { appendFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '@drawbridge/configuration';
import { fillPlaceholders, plainRules } from '@drawbridge/scope';
import { eventually, nativeTool } from '@drawbridge/testing';
import {
  startChannelsUnderTest,
  type ChannelAgent,
  type ChannelsUnderTest,
} from './channels/channels-under-test.js';

let world: ChannelsUnderTest;
let kubectl: string;
/** What listens in every pod. */
let inPod: Server;

beforeAll(async () => {
  kubectl = await nativeTool('kubectl');
  world = await startChannelsUnderTest();
  const { kubelet } = world.cluster.controlPlane;
  inPod = createServer((_, response) => response.end('from the pod'));
  await new Promise<void>((resolve) => inPod.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve));
});
beforeEach(({ skip }) => {
  // Its containers run commands of this machine.
  skip(world.cluster.controlPlane.kubelet === undefined, 'needs the simulated node');
});
afterAll(async () => {
  inPod.close();
  inPod.closeAllConnections();
  await world.stop();
});

/** An agent with a grant of an action of infra/config for pod web-1, and nothing else. */
async function granted(action: string): Promise<ChannelAgent> {
  const directory = fileURLToPath(new URL('../../../infra/config', import.meta.url));
  const { actions } = await loadConfiguration(directory, { only: ['Action'] });
  const found = actions.find(({ metadata }) => metadata.name === action);
  if (found === undefined) throw new Error(`there is no action ${action}`);
  const parameters = { namespace: 'payments', pod: 'web-1' };
  const rules = plainRules(fillPlaceholders(found.spec.rules, parameters), []);
  return world.agent({ kubectl, rules });
}

const refused = { code: 1, err: expect.stringMatching(/drawbridge not_in_scope/) as string };

describe('kubectl with the grant of an action for one pod', () => {
  it('debug: exec, an ephemeral container, attach to it', async () => {
    const agent = await granted('debug');
    const ran = await agent.run(['exec', 'web-1', '--', 'sh', '-c', 'echo in the pod']);
    expect(ran).toMatchObject({ code: 0, out: 'in the pod\n' });
    const debug = ['debug', '-i', 'web-1', '--image=busybox', '--container=look', '--', 'sh'];
    const debugged = await agent.run(debug, { input: 'echo from the debugger\nexit\n' });
    expect(debugged.out, debugged.err).toContain('from the debugger');
    expect(await agent.run(['exec', 'web-0', '--', 'true'])).toMatchObject(refused);
    const other = ['debug', 'web-0', '--image=busybox', '--container=look', '--', 'true'];
    expect(await agent.run(other)).toMatchObject(refused);
    expect(await agent.run(['port-forward', 'web-1', ':80'])).toMatchObject(refused);
    expect(await agent.run(['delete', 'pod', 'web-1'])).toMatchObject(refused);
  });

  it('port-forward: a connection into it', async () => {
    const agent = await granted('port-forward');
    const running = agent.start(['port-forward', 'web-1', ':80']);
    const port = await eventually(() => {
      const found = /127\.0\.0\.1:(\d+) ->/.exec(running.out())?.[1];
      if (found === undefined) throw new Error(`no port: ${running.out()}${running.err()}`);
      return found;
    });
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('from the pod');
    running.process.kill();
    await running.ended;
    expect(await agent.run(['port-forward', 'web-0', ':80'])).toMatchObject(refused);
    expect(await agent.run(['exec', 'web-1', '--', 'true'])).toMatchObject(refused);
  });

  it('one-pod-logs: as they come', async () => {
    const agent = await granted('one-pod-logs');
    expect(await agent.run(['logs', 'web-1'])).toMatchObject({ code: 0 });
    const running = agent.start(['logs', '-f', 'web-1']);
    await eventually(() => expect(running.out()).toContain('listening on :8080'));
    const file = world.cluster.controlPlane.kubelet?.containerLog ?? '';
    await appendFile(file, '2026-01-01T00:00:01.000000000Z stdout F what came later\n');
    await eventually(() => expect(running.out()).toContain('what came later'));
    running.process.kill();
    await running.ended;
    expect(await agent.run(['logs', 'web-0'])).toMatchObject(refused);
    expect(await agent.run(['exec', 'web-1', '--', 'true'])).toMatchObject(refused);
  });
});
