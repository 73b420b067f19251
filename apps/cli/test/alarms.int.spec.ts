import { auditEventStore } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCli } from './drawbridge.js';
import { startRealServices, type RealServices } from './real-services.js';

const ALARM = `u_${'a'.repeat(32)}`;
const STOPPED = `s_${'b'.repeat(32)}`;
let services: RealServices;

beforeAll(async () => {
  await buildCli();
  services = await startRealServices();
});
afterAll(() => services.stop());

const human = (id: string) => services.logIn(id);

/** What audit writes when a cluster saw a call that is not on the record. */
const raise = () =>
  auditEventStore(services.connection, 'audit').append({
    ...{ aggregateId: ALARM, position: { lastSequence: 0 } },
    event: {
      type: 'UnrecordedCallFound',
      data: {
        connection: 'prod-eks',
        reason: 'no_such_command',
        auditId: 'x\u001b[2J',
        call: {
          ...{ receivedAt: '2026-11-22T10:00:00.000001Z', user: 'gateway', verb: 'list' },
          ...{ apiGroup: '', resource: 'secrets', subresource: '', namespace: '', name: '' },
          ...{ path: '/api/v1/secrets', sourceAddresses: ['203.0.113.7'] },
          userAgent: '\u202ecurl\u001b[2J',
        },
      },
    },
    metadata: {
      ...{ id: '019c0000-6666-7000-8000-000000000009', causationId: 'test' },
      ...{ actor: { kind: 'service', id: 'audit' }, at: '2026-11-22T10:00:01.000Z' },
    },
  });

/** What audit writes when it can seal no more. */
const stopSealing = () =>
  auditEventStore(services.connection, 'audit').append({
    ...{ aggregateId: STOPPED, position: { lastSequence: 0 } },
    event: {
      type: 'SealingStopped',
      data: { stream: 'ACCESS', since: '2026-11-22T09:59:00.000Z', code: 'stream_rewound' },
    },
    metadata: {
      ...{ id: '019c0000-6666-7000-8000-000000000010', causationId: 'test' },
      ...{ actor: { kind: 'service', id: 'audit' }, at: '2026-11-22T10:00:01.000Z' },
    },
  });

it('auditors list alarms and say that they know of them; nobody else does', async () => {
  const [bob, erin] = [await human('human-bob'), await human('human-erin')];
  expect((await bob.drawbridge('audit', 'alarms')).stdout).toBe('nothing found\n');
  await raise();
  const listed = await eventually(async () => {
    const { stdout } = await bob.drawbridge('audit', 'alarms');
    expect(stdout).toContain(ALARM);
    return stdout;
  });
  expect(listed).toMatch(/prod-eks +no_such_command +list +\/api\/v1\/secrets +203\.0\.113\.7/);
  // Whoever made the call has chosen its words.
  expect(listed).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  const acknowledge = ['audit', 'acknowledge', ALARM, '--comment', 'rotated'] as const;
  for (const command of [['audit', 'alarms'], acknowledge, ['audit', 'unseen', '-c', 'prod-eks']]) {
    expect(await erin.drawbridge(...command)).toMatchObject({ code: 4, stdout: '' });
  }
  expect((await bob.drawbridge(...acknowledge)).stdout).toBe(`${ALARM} is known\n`);
  await eventually(async () => {
    expect((await bob.drawbridge('audit', 'alarms')).stdout).toBe('nothing found\n');
  });
  const { stdout } = await bob.drawbridge('audit', 'alarms', '--state', 'all', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    items: [{ id: ALARM, review: { by: 'bob@corp.test', comment: 'rotated' } }],
    more: false,
  });
  const trail = await bob.drawbridge('audit', 'trail', '--oldest-first');
  expect(trail.stdout).toMatch(/UnrecordedCallFound[^]*UnrecordedCallReviewed/);
  await stopSealing();
  await eventually(async () => {
    const { stdout: told } = await bob.drawbridge('audit', 'alarms');
    expect(told).toMatch(
      /s_b{32} +- +sealing_stopped, stream_rewound .*ACCESS since 2026-11-22T09/,
    );
  });
  expect((await bob.drawbridge('audit', 'acknowledge', STOPPED, '--comment', 'x')).code).toBe(0);
  await eventually(async () => {
    expect((await bob.drawbridge('audit', 'alarms')).stdout).toBe('nothing found\n');
  });
  const unknown = ['audit', 'acknowledge', `u_${'b'.repeat(32)}`, '--comment', 'x'] as const;
  expect((await bob.drawbridge(...unknown)).stderr).toContain('alarm_unknown');
  expect((await bob.drawbridge('audit', 'alarms', '--limit', '0')).code).toBe(2);
  expect((await bob.drawbridge('audit', 'unseen', '-c', 'prod-eks')).stdout).toBe(
    'nothing found\n',
  );
});
