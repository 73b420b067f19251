import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AccessRequestView, type Member, type Principal, TrustStatus } from '@drawbridge/contracts';
import { followMembers, type MembersFollower } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { readMember, type DirectorySpec } from '../src/directory/read-member.js';
import { startDirectory, type DirectoryUnderTest } from './directory-under-test.js';
import {
  alice,
  anotherRequest,
  bob,
  IdentityUnderTest,
  issuerYaml,
  oncall,
} from './identity-under-test.js';

const SECRET = 'token-of-the-directory';
const waiting = { timeoutMs: 60_000 };
let directory: DirectoryUnderTest;
let one: IdentityUnderTest;
let other: IdentityUnderTest;
let follower: MembersFollower;
let spec: DirectorySpec;
const members = new Map<string, Member>();

beforeAll(async () => {
  directory = await startDirectory(SECRET);
  one = await IdentityUnderTest.start({ ADMIN_GROUPS: 'nobody-else' });
  const tokenFile = join(one.configDirectory, 'directory.token');
  await writeFile(tokenFile, `${SECRET}\n`);
  const url = `${directory.address}/users/{subject}/groups`;
  const yaml = `  directory: { url: "${url}", groups: /*/profile/name, tokenFile: directory.token, refreshSeconds: 3600 }`;
  await one.trust('demo', issuerYaml('demo', one.idp.issuer, yaml));
  spec = {
    allowInsecureHttp: true,
    directory: { url, groups: '/*/profile/name', tokenFile, refreshSeconds: 3_600 },
  };
  other = await one.replica();
  follower = await followMembers(one.connection, (member) => {
    members.set(member.subject, member);
  });
});
afterEach(() => {
  directory.answer = undefined;
});
afterAll(async () => {
  await follower.close();
  await other.halt();
  await one.stop();
  await directory.close();
});

/** One that bob, who reads, sees afterwards. */
async function refresh(identity = one) {
  const token = await identity.humanToken(bob);
  const answer = await identity.call('/v1/trust/refresh', { method: 'POST', token });
  expect(answer.status).toBe(200);
  const [issuer] = TrustStatus.parse(answer.body).issuers;
  return issuer?.directory;
}

async function asked(): Promise<string> {
  const token = await one.agentToken(oncall);
  const { body } = await one.call('/v1/access-requests', { token, body: anotherRequest() });
  return AccessRequestView.parse(body).id;
}

const approver: Principal = {
  kind: 'human',
  issuer: '',
  subject: 'alice/../bob?x=1#y',
  groups: ['sre-oncall'],
  email: alice.email,
};

describe('the directory of an issuer', () => {
  it('is asked about who asks and who approves, at once when somebody says so, once for all replicas', async () => {
    directory.people.set(oncall.id, ['oncall-agents', 'readers']);
    directory.people.set(approver.subject, ['sre-oncall']);
    const requestId = await asked();
    const given = { ...approver, issuer: one.idp.issuer };
    await one.append(requestId, { type: 'ApprovalGiven', data: { approver: given, via: 'http' } });
    await eventually(async () => expect(await refresh()).toMatchObject({ asked: 2 }), waiting);
    await eventually(() => {
      expect(members.get(oncall.id)).toMatchObject({
        ...{ issuer: one.idp.issuer, isGone: false, groups: ['oncall-agents', 'readers'] },
      });
      expect(members.get(approver.subject)).toMatchObject({ groups: ['sre-oncall'] });
    }, waiting);
    // Whatever a subject is, it is one piece of the path.
    expect(directory.asked).toContain(`/users/${encodeURIComponent(approver.subject)}/groups`);
    directory.people.delete(approver.subject);
    directory.people.set(oncall.id, []);
    await eventually(async () => expect(await refresh(other)).toMatchObject({ asked: 2 }), waiting);
    await eventually(() => {
      expect(members.get(approver.subject)).toMatchObject({ isGone: true, groups: [] });
      expect(members.get(oncall.id)).toMatchObject({ isGone: false, groups: [] });
    }, waiting);
    await one.append(requestId, {
      type: 'AccessRequestDenied',
      data: { code: 'x', message: 'x' },
    });
    await eventually(async () => expect(await refresh()).toMatchObject({ asked: 0 }), waiting);
  });

  it('that fails leaves what was known, and says so', async () => {
    directory.people.set(oncall.id, ['oncall-agents']);
    const requestId = await asked();
    await eventually(async () => expect(await refresh()).toMatchObject({ asked: 1 }), waiting);
    await eventually(
      () => expect(members.get(oncall.id)).toMatchObject({ groups: ['oncall-agents'] }),
      waiting,
    );
    const before = members.get(oncall.id);
    directory.answer = (_, response) => void response.writeHead(503).end('{}');
    expect(await refresh()).toMatchObject({ failed: 1, problem: 'directory_unreachable' });
    expect(members.get(oncall.id)).toStrictEqual(before);
    const { text } = await one.call('/readyz');
    expect(text).toContain('"directoryFailures":1');
    expect(one.logLines.join('')).toContain('directory not read');
    expect(one.logLines.join('')).not.toContain(SECRET);
    directory.answer = undefined;
    const healthy = await refresh();
    expect(healthy).toMatchObject({ failed: 0 });
    expect(healthy).not.toHaveProperty('problem');
    await one.append(requestId, {
      type: 'AccessRequestDenied',
      data: { code: 'x', message: 'x' },
    });
  });

  it('is asked by humans of a reader or administrator group only', async () => {
    for (const token of [await one.agentToken(oncall), await one.humanToken(alice)]) {
      const { status, body } = await one.call('/v1/trust/refresh', { method: 'POST', token });
      expect([status, body]).toMatchObject([403, { code: 'readers_only' }]);
    }
    expect((await one.call('/v1/trust/refresh', { method: 'POST' })).status).toBe(401);
  });
});

describe('one answer of a directory', () => {
  const ask = (subject = 'alice', more: Partial<DirectorySpec['directory']> = {}) =>
    readMember({ ...spec, directory: { ...spec.directory, ...more } }, subject);
  const answering = (status: number, body: string, headers: Record<string, string> = {}) => {
    directory.answer = (_, response) => void response.writeHead(status, headers).end(body);
  };

  it.each([
    [200, '[]', { isGone: false, groups: [] }],
    [200, '[{"profile":{"name":"b"}},{"profile":{"name":"a"}},{"profile":{"name":"b"}}]', 'a,b'],
    [200, '{"active":false}', { isGone: true, groups: [] }],
    [404, '', { isGone: true, groups: [] }],
    [410, 'gone', { isGone: true, groups: [] }],
  ])('%d %s means %j', async (status, body, means) => {
    answering(status, body);
    const said = await ask();
    if (typeof means === 'string') expect(said.groups.join(',')).toBe(means);
    else expect(said).toStrictEqual(means);
  });

  it('names groups as tokens of its issuer do', async () => {
    answering(200, '[{"profile":{"name":"sre"}}]');
    const { groups } = await readMember({ ...spec, groupsPrefix: 'corp:' }, 'alice');
    expect(groups).toStrictEqual(['corp:sre']);
  });

  it('may be an array of names, in an object', async () => {
    answering(200, '{"groups":["b","a"],"active":true}');
    expect(await ask('alice', { groups: '/groups' })).toStrictEqual({
      ...{ isGone: false, groups: ['a', 'b'] },
    });
  });

  it.each<[string, number, string, string]>([
    ['a page', 200, '<html>', 'directory_answer_invalid'],
    ['nothing', 200, '', 'directory_answer_invalid'],
    ['names of another type', 200, '[{"profile":{"name":1}}]', 'directory_answer_invalid'],
    ['an entry without a name', 200, '[{"profile":{}}]', 'directory_answer_invalid'],
    ['something else', 200, '{"error":"x"}', 'directory_answer_invalid'],
    ['an error', 500, '[]', 'directory_unreachable'],
    ['a refusal', 401, '[]', 'directory_unreachable'],
    ['no content', 204, '', 'directory_unreachable'],
    ['too much', 200, `["${'x'.repeat(300_000)}"]`, 'directory_unreachable'],
    [
      'too many',
      200,
      JSON.stringify(Array(1_001).fill({ profile: { name: 'a' } })),
      'directory_answer_invalid',
    ],
  ])('that is %s is none', async (...[, status, body, code]) => {
    answering(status, body);
    await expect(ask()).rejects.toMatchObject({ code });
  });

  it('that leads elsewhere is not followed, and the token goes nowhere', async () => {
    answering(302, '', { location: '/elsewhere' });
    await expect(ask()).rejects.toMatchObject({ code: 'directory_unreachable' });
    expect(directory.asked).not.toContain('/elsewhere');
  });

  it.each(['', '.', '..', '\ud800'])('is not asked for about %j', async (subject) => {
    const before = directory.asked.length;
    await expect(ask(subject)).rejects.toMatchObject({ code: 'directory_subject_refused' });
    expect(directory.asked).toHaveLength(before);
  });

  it('is not asked for with no token, or without TLS over a network', async () => {
    await expect(ask('alice', { tokenFile: '/not-here' })).rejects.toMatchObject({
      code: 'directory_token_unusable',
    });
    await expect(ask('alice', { url: 'http://192.0.2.1/{subject}' })).rejects.toMatchObject({
      code: 'directory_unreachable',
    });
  });
});
