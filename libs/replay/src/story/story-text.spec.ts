import { describe, expect, it } from 'vitest';
import {
  command,
  expired,
  given,
  held,
  history,
  holdApproved,
  holdHistory,
  holdId,
  issued,
  requested,
  totals,
  validated,
} from '../../test/story-samples.js';
import { storyOf, type SessionFacts } from './story-of.js';
import { storyText } from './story-text.js';

const text = (change: Partial<SessionFacts> = {}): string => {
  const story = storyOf({
    events: history(requested, validated, given, issued),
    ...{ commands: [], holds: [], totals },
    ...change,
  });
  return story === undefined ? '' : storyText(story);
};

describe('a session in words', () => {
  it('can be read at three in the morning', () => {
    const calls = [
      command(1, { method: 'GET', verb: 'list', resource: 'pods', apiGroup: '', name: '' }),
      command(2, { holdId, rule: 'deploy/image', warnings: ['be careful'] }),
      command(3, {
        ...{ method: 'GET', verb: 'get', resource: 'secrets', apiGroup: '', name: 'db' },
        decision: { effect: 'deny', reason: 'outside_grant', message: 'the grant has no secrets' },
        ...{ outcome: 'refused', statusCode: 403, durationMs: 0, responseBytes: 0 },
      }),
      command(4, {
        verb: 'create',
        resource: 'pods',
        apiGroup: '',
        name: 'a',
        subresource: 'exec',
        query: 'command=sh&command=-c&command=id',
        exitCode: 1,
      }),
    ];
    const [, patch, , exec] = calls;
    const shown = text({
      events: [
        ...history(requested, validated, given, issued),
        ...history(expired).map((event) => ({ ...event, at: '2026-01-05T09:15:03.000Z' })),
      ],
      commands: calls,
      holds: holdHistory(held, holdApproved),
      changes: new Map([
        [patch?.id ?? '', { changes: [{ path: 'spec.replicas', before: '3', after: '5' }] }],
      ]),
      recordings: new Map([
        [exec?.id ?? '', { kind: 'exec', chunks: 2, isWhole: true, argv: ['sh', '-c', 'id'] }],
      ]),
    });
    expect(shown).toMatchInlineSnapshot(`
      "session 019c0000-0000-7000-8000-000000000001 on prod-eks (production)
        agent     agent-oncall, of dana@corp.test
        why       readiness probe failing (INC-4211)
        asked     15m at 2026-01-05 09:00:00Z
        scope     rollout-restart deployment=checkout
        approved  by alice@corp.test
        grant     019c0000-0000-7000-8000-000000000001, policy oncall
        open      2026-01-05 09:00:03Z to 2026-01-05 09:15:03Z
        allows    change (patch) deployment checkout in payments
        numbers   1 call, 1 change, 0 refused

      2026-01-05 (UTC)
        09:00:00.000  agent-oncall: asked for 15m on prod-eks: "readiness probe failing" (INC-4211)
        09:00:01.000  policy: found it valid by policy oncall, risk medium: needs 1 of sre-oncall
        09:00:02.000  alice@corp.test: approved in Slack: "go"
        09:00:03.000  policy: issued grant 019c0000-0000-7000-8000-000000000001 until 2026-01-05T09:15:03.000Z, approved by alice@corp.test
        09:01:01.000  list pods in payments -> 200, in 13 ms, 4.1 KiB
        09:01:02.000  patch deployments.apps checkout in payments -> 200, in 13 ms, 4.1 KiB
                      rule deploy/image
                      warned: be careful
                      hold 09:01:00  proxy: held by deletion/pods (pods are not cattle here); asked sre-oncall, to decide by 2026-01-05T09:06:00.000Z
                      hold 09:01:01  alice@corp.test: said yes in Slack
                      ~ spec.replicas: 3 -> 5
        09:01:03.000  get secrets db in payments -> refused (outside_grant), 403
                      refused: the grant has no secrets
        09:01:04.000  create pods/exec a in payments -> 200, in 13 ms, 4.1 KiB, exit code 1
                      ran "sh" "-c" "id"
                      recorded (exec): drawbridge audit play 019c0000-0000-7000-8000-000000000104
        09:15:03.000  policy: the grant's time was over at 2026-01-05T09:15:03.000Z

      ended 2026-01-05 09:15:03Z, by policy: the grant's time was over at 2026-01-05T09:15:03.000Z
      "
    `);
  });

  it('shows what others wrote so that it cannot deceive', () => {
    const name = '\u001b[2J\u202egnp';
    const shown = text({ commands: [command(1, { name })] });
    expect(shown).toContain('\\u{1b}[2J\\u{202e}gnp');
    expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });

  it('says that there is more, and no end before it', () => {
    const shown = text({ commands: [command(1)], nextCursor: 'x' });
    expect(shown).toMatch(/… there is more\n$/);
    expect(shown).not.toContain('still open');
  });

  it('says of an open one until when', () => {
    expect(text()).toMatch(/\nstill open, until 2026-01-05 09:15:03Z\n$/);
    expect(text({ events: history(requested) })).toMatch(/\nnot decided yet\n$/);
  });

  it('says why nothing is told of a change', () => {
    const one = command(1);
    const shown = text({
      commands: [one],
      changes: new Map([[one.id, { unknown: 'not_recorded' }]]),
    });
    expect(shown).toContain('what it changed is not recorded');
  });

  it('tells what went through channels, file by file', () => {
    const sha256 = 'ab'.repeat(32);
    const file = { path: 'tree/\u001b[2Jone', kind: 'file' as const, bytes: 9, sha256 };
    const files = [file, { path: 'ln', kind: 'link' as const, bytes: 0 }];
    const shown = text({
      commands: [
        command(1, {
          transfers: [{ direction: 'upload', path: '/tmp', bytes: 2_048, sha256 }],
          archive: {
            direction: 'upload',
            files: [...files, { ...file, path: 'half', received: 4 }],
            ...{ more: 7, unreadFrom: 512 },
          },
        }),
        command(2, { flows: [{ port: 80, connections: 1, sent: 2, received: 2_048 }] }),
      ],
    });
    expect(shown.split('\n').filter((line) => line.startsWith(' '.repeat(16)))).toStrictEqual(
      [
        `upload /tmp, 2.0 KiB, sha256 ${sha256}`,
        `  tree/\\u{1b}[2Jone, 9 B, sha256 ${sha256}`,
        '  link ln, 0 B',
        `  half, 9 B, sha256 ${sha256}, broken off at 4 B`,
        '  … and 7 more files',
        '  no tar archive from byte 512 on',
        'port 80: 1 connection, 2 B sent, 2.0 KiB received',
      ].map((line) => `${' '.repeat(16)}${line}`),
    );
  });

  it('counts what it does not show', () => {
    const changes = Array.from({ length: 60 }, (_, n) => ({ path: `a${n}`, after: '1' }));
    const shown = text({
      commands: [command(1)],
      changes: new Map([[command(1).id, { changes, more: 5 }]]),
    });
    expect(shown).toContain('… and 25 more');
  });
});
