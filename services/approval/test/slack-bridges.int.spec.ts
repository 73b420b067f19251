import type { DemoSlackUser, DemoSlackView, Forgery } from '@drawbridge/embedded';
import { stopEventStore } from '@drawbridge/jetstream';
import { stopKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import type { StopTarget } from '@drawbridge/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { alice, erin } from './sample-events.js';

/** `/drawbridge raise` and `release`: the rules of the HTTP API, and a dialog in between. */
let world: World;
let service: Replica;

beforeAll(async () => {
  world = await startWorld();
  // Erin is an administrator, and approves nothing.
  await world.regroup({ erin: ['platform'] });
  service = await world.start();
});
afterAll(async () => {
  await service.close();
  await world.stop();
});

const typing = (user: DemoSlackUser, text: string) =>
  world.slack.command({ user, text, callbackUrl: service.slackUrl });
const stopsOf = async (target: StopTarget) => {
  const { events } = await stopEventStore(world.connection, 'audit').load(stopKeyOf(target));
  return events.map(({ event }) => event);
};
const typesOf = async (target: StopTarget) => (await stopsOf(target)).map(({ type }) => type);
/** Types it until a dialog opens: Slack lets one open for three seconds only. */
const dialogOf = (user: DemoSlackUser, text: string): Promise<DemoSlackView> =>
  eventually(async () => {
    const before = world.slack.openedViews().length;
    const { body } = await typing(user, text);
    const view = world.slack.openedViews()[before];
    if (view === undefined) throw new Error(body);
    return view;
  });
const submit = (user: DemoSlackUser, view: DemoSlackView, how: { reason?: string } & Forgery) => {
  const { reason, ...forge } = how;
  const values = reason === undefined ? {} : { drawbridge_reason: { reason } };
  return world.slack.submitModal({ user, view, values, callbackUrl: service.slackUrl, forge });
};
const told = (user: DemoSlackUser, words: string) =>
  expect
    .poll(() => world.slack.ephemerals(user).map(({ text }) => text), { timeout: 45_000 })
    .toContainEqual(expect.stringContaining(words));

describe('/drawbridge raise', () => {
  it('raises all bridges for an administrator, once they have said why', async () => {
    const view = await dialogOf('erin', 'raise all an agent runs wild');
    expect(JSON.stringify(view.blocks)).toContain('Raise all bridges');
    expect(JSON.stringify(view.blocks)).toContain('0 open grants end at once');
    expect(await typesOf('all')).toStrictEqual([]);
    expect((await submit('erin', view, {})).body).toBe('');
    const [raised] = await stopsOf('all');
    expect(raised).toMatchObject({
      type: 'BridgesRaised',
      data: {
        by: { subject: erin.subject },
        via: 'slack',
        reason: 'an agent runs wild',
        keep: true,
      },
    });
    await told('erin', 'Raised: all bridges');
    const release = await dialogOf('erin', 'release all');
    expect((await submit('erin', release, { reason: 'mended' })).body).toBe('');
    expect(await typesOf('all')).toStrictEqual(['BridgesRaised', 'BridgesReleased']);
    await told('erin', 'Released: all bridges');
  });

  it('lets who approves there raise those to a connection, and release what they raised', async () => {
    const requestId = await world.ask();
    await world.card(requestId, 'Decide by');
    const target = { connection: 'prod-eks' };
    expect(
      (await submit('alice', await dialogOf('alice', 'raise prod-eks'), { reason: 'stop' })).body,
    ).toBe('');
    await eventually(async () => expect(await typesOf(target)).toStrictEqual(['BridgesRaised']));
    expect((await typing('bob', 'release prod-eks')).body).toContain('Not taken');
    expect(
      (await submit('alice', await dialogOf('alice', 'release prod-eks'), { reason: 'on' })).body,
    ).toBe('');
    expect(await typesOf(target)).toStrictEqual(['BridgesRaised', 'BridgesReleased']);
    expect((await stopsOf(target))[0]).toMatchObject({ data: { by: { subject: alice.subject } } });
  });

  it.each([
    { who: 'alice', text: 'raise all', words: 'only an administrator' },
    { who: 'dana', text: 'raise never-heard-of', words: 'only an administrator' },
    { who: 'alice', text: 'release all', words: 'only an administrator' },
    { who: 'erin', text: 'raise', words: '/drawbridge raise' },
    { who: 'erin', text: 'raise Prod!', words: 'the name of a connection' },
    { who: 'erin', text: 'raise agent nobody', words: 'has nothing open' },
  ] as const)('$text of $who opens no dialog', async ({ who, text, words }) => {
    const before = world.slack.openedViews().length;
    expect((await typing(who, text)).body).toContain(words);
    expect(world.slack.openedViews()).toHaveLength(before);
  });

  it('is refused in the dialog for who may not, whatever it says', async () => {
    const view = await dialogOf('erin', 'raise all');
    expect((await submit('alice', view, { reason: 'mine' })).body).toContain('Not taken');
    const stranger: Forgery = {
      edit: (payload) => ({ ...payload, user: { id: 'U0STRANGER' } }),
    };
    expect((await submit('erin', view, { reason: 'mine', ...stranger })).body).toContain(
      'belongs to nobody',
    );
    expect((await submit('erin', view, {})).body).toContain('there is no reason');
    const before = await typesOf('all');
    const forged = { ...view, private_metadata: '{"order":"raise","target":{"namespace":"x"}}' };
    expect(await submit('erin', forged, { reason: 'mine' })).toMatchObject({
      status: 200,
      body: '',
    });
    expect((await submit('erin', view, { reason: 'mine', signingSecret: 'guess' })).status).toBe(
      401,
    );
    expect(await typesOf('all')).toStrictEqual(before);
  });
});
