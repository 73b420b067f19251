import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeTool } from '@drawbridge/testing';
import { startChannelsUnderTest, type ChannelsUnderTest } from './channels/channels-under-test.js';

let world: ChannelsUnderTest;
let pinned: string;
beforeAll(async () => {
  pinned = await nativeTool('kubectl');
  world = await startChannelsUnderTest();
}, 120_000);
afterAll(() => world.stop());

describe('explore', () => {
  for (const ws of ['true', 'false'])
    it(`exec ws=${ws}`, async () => {
      for (const kubectl of [pinned, '/usr/bin/kubectl']) {
        const agent = await world.agent({
          kubectl,
          env: {
            KUBECTL_REMOTE_COMMAND_WEBSOCKETS: ws,
            KUBECTL_PORT_FORWARD_WEBSOCKETS: ws,
          },
        });
        console.log(await agent.run(['exec', 'web-0', '--', 'sh', '-c', 'echo hi; echo err >&2; exit 3']));
        console.log(await agent.run(['exec', '-i', 'web-0', '--', 'sh', '-c', 'cat; echo done'], { input: 'piped\n' }));
        console.log((await world.gateway.records()).slice(-3));
      }
      expect(1).toBe(1);
    });
  it('log', () => console.log(world.gateway.log.slice(-20).join('')));
});
