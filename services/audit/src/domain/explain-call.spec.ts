import { describe, expect, it } from 'vitest';
import type { ClusterCall } from './cluster-call.js';
import { unexplained, type Evidence, type KnownCommand } from './explain-call.js';

const ID = '01a202b2-c500-7000-8000-000000000001';
const OWN = '01a202b2-c500-8abc-8000-000000000001';
const call: ClusterCall = {
  connection: 'prod-eks',
  audit_id: ID,
  received_at: '2026-11-22T10:00:01.123456Z',
  stage: 2,
  user: 'system:serviceaccount:drawbridge:gateway',
  impersonated_user: '',
  impersonated_command: '',
  impersonated_grant: '',
  verb: 'patch',
  api_group: 'apps',
  api_version: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: 'payments',
  name: 'checkout',
  path: '/apis/apps/v1/namespaces/payments/deployments/checkout',
  dry_run: 0,
  is_own: 0,
  status: 200,
  source_ips: ['10.0.0.1'],
  user_agent: 'kubectl',
};
const command: KnownCommand = {
  connection: 'prod-eks',
  effect: 'allow',
  grant_id: 'g1',
  method: 'PATCH',
  path: call.path,
  query: 'fieldManager=kubectl',
  verb: 'patch',
  api_group: 'apps',
  resource: 'deployments',
  subresource: '',
  namespace: 'payments',
  received_at: '2026-11-22T10:00:00.000Z',
  ended_at: '2026-11-22T10:00:02.000Z',
};
const long = new Date('2026-11-22T09:00:00.000Z');
const evidence: Evidence = { command, isSeenBefore: false, impersonatingSince: undefined };
const judge = (
  changes: {
    readonly call?: Partial<ClusterCall>;
    readonly command?: Partial<KnownCommand>;
  } & Partial<Omit<Evidence, 'command'>> = {},
) => {
  const { call: ofCall, command: ofCommand, ...rest } = changes;
  return unexplained(
    { ...call, ...ofCall },
    { ...evidence, ...rest, command: { ...command, ...ofCommand } },
  );
};
const exec = {
  method: 'GET',
  verb: 'create',
  api_group: '',
  resource: 'pods',
  subresource: 'exec',
  path: '/api/v1/namespaces/payments/pods/p/exec',
};
const asAgent = { impersonated_user: 'drawbridge:x#a', impersonated_command: ID };

describe('a call with the credential of the gateway is explained by', () => {
  it.each([
    ['its command', {}],
    ['a command that still runs', { command: { ended_at: null } }],
    ['a command whose exec began as a GET', { call: { ...exec, verb: 'get' }, command: exec }],
    [
      'one whose exec was a POST',
      { call: { ...exec, verb: 'create' }, command: { ...exec, method: 'POST' } },
    ],
    [
      'a command that is no resource',
      {
        call: {
          verb: 'get',
          resource: '',
          api_group: '',
          namespace: '',
          name: '',
          path: '/version',
        },
        command: { method: 'GET', verb: 'get', resource: '', path: '/version' },
      },
    ],
    [
      'a command of which a part was masked in the record',
      { command: { path: call.path.replace('checkout', 'drawbridge:masked:token:abc') } },
    ],
    [
      'a command whose path was cut in the record',
      {
        call: { path: `/api/${'x'.repeat(3_000)}` },
        command: { path: `/api/${'x'.repeat(3_000)}`.slice(0, 2_048) },
      },
    ],
    [
      'a dry-run that was one',
      { call: { dry_run: 1 as const }, command: { query: 'a=b&dryRun=All' } },
    ],
    ['a clock that is four minutes off', { call: { received_at: '2026-11-22T10:04:00.000000Z' } }],
    [
      'a gateway that does not know yet that it has to impersonate',
      { impersonatingSince: new Date('2026-11-22T09:59:30.000Z') },
    ],
    [
      'the agent that is impersonated',
      { call: { ...asAgent, impersonated_grant: 'g1' }, impersonatingSince: long },
    ],
  ])('%s', (_, changes) => {
    expect(judge(changes)).toBeUndefined();
  });

  it('a gateway that has named it', () => {
    const own = { ...call, audit_id: OWN, is_own: 1 as const };
    expect(unexplained(own, { ...evidence, command: undefined })).toBeUndefined();
  });
});

describe('a call with the credential of the gateway is not explained', () => {
  it('by a command that there is not', () => {
    expect(unexplained(call, { ...evidence, command: undefined })).toBe('no_such_command');
  });

  it.each<[string, Parameters<typeof judge>[0], string]>([
    ['of another cluster', { command: { connection: 'staging' } }, 'other_connection'],
    ['that was refused', { command: { effect: 'deny' } }, 'refused_command'],
    ['of which only the end is known', { command: { effect: '' } }, 'refused_command'],
    ['with another verb', { call: { verb: 'delete' } }, 'other_call'],
    ['of another group', { call: { api_group: 'x' } }, 'other_call'],
    ['on another resource', { call: { resource: 'secrets' } }, 'other_call'],
    ['on a subresource', { call: { subresource: 'scale' } }, 'other_call'],
    ['in another namespace', { call: { namespace: 'default' } }, 'other_call'],
    ['on another object', { call: { path: `${call.path}2` } }, 'other_call'],
    [
      'on another object, where something else is masked',
      { command: { path: '/apis/apps/v1/namespaces/drawbridge:masked:x:y/deployments/other' } },
      'other_call',
    ],
    [
      'as a get, of a get that is no channel',
      {
        command: { ...exec, subresource: 'scale' },
        call: { ...exec, verb: 'get', subresource: 'scale' },
      },
      'other_call',
    ],
    ['that was only a dry-run', { command: { query: 'dryRun=All' } }, 'other_call'],
    ['as nobody, where agents are impersonated', { impersonatingSince: long }, 'other_identity'],
    [
      'as the agent of another grant',
      { call: { ...asAgent, impersonated_grant: 'g2' }, impersonatingSince: long },
      'other_identity',
    ],
    [
      'as the agent of another command',
      { call: { ...asAgent, impersonated_command: 'x', impersonated_grant: 'g1' } },
      'other_identity',
    ],
    ['that was long over', { call: { received_at: '2026-11-22T10:05:03.000000Z' } }, 'other_time'],
    ['that was made later', { call: { received_at: '2026-11-22T09:54:59.000000Z' } }, 'other_time'],
    ['that the cluster has seen already', { isSeenBefore: true }, 'id_used_again'],
  ])('by a command %s', (_, changes, reason) => {
    expect(judge(changes)).toBe(reason);
  });

  it.each([
    { when: 'a second time', isSeenBefore: true, reason: 'id_used_again' },
    { when: 'an hour later', received_at: '2026-11-22T11:00:00.000000Z', reason: 'other_time' },
  ])('by what a gateway made for itself, $when', (given) => {
    const { received_at = call.received_at, isSeenBefore = false, reason } = given;
    const own = { ...call, audit_id: OWN, is_own: 1 as const, received_at };
    expect(unexplained(own, { ...evidence, command: undefined, isSeenBefore })).toBe(reason);
  });
});
