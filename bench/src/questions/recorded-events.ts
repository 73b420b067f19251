import {
  agentName,
  agentOf,
  applicationOf,
  connectionOf,
  grantCount,
  grantId,
  grantStart,
  namespaceOf,
  ownerName,
  requestId,
} from './recorded-commands.js';

const issuer = 'https://idp.corp.test';
const agent = {
  kind: 'agent',
  issuer,
  subject: '@agent@',
  groups: ['agents'],
  owner: '@owner@',
};
const approver = {
  kind: 'human',
  issuer,
  subject: '@approver@',
  groups: ['sre-oncall'],
  email: '@approver@@corp.test',
};
const terms = {
  connection: '@connection@',
  environment: 'production',
  action: 'look-and-restart',
  parameters: { namespace: '@namespace@', deployment: '@application@' },
  rules: [
    {
      verbs: ['get', 'list', 'watch', 'create', 'delete'],
      apiGroups: [''],
      resources: ['pods', 'pods/log', 'pods/exec', 'events', 'configmaps', 'secrets', 'services'],
      namespaces: ['@namespace@'],
    },
    {
      verbs: ['get', 'list', 'watch', 'patch', 'update'],
      apiGroups: ['apps'],
      resources: ['deployments', 'statefulsets'],
      namespaces: ['@namespace@'],
    },
  ],
  durationSeconds: 3600,
  reason: 'readiness probe failing',
  ticket: 'INC-@number@',
};
const approval = {
  type: 'humans',
  count: 1,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 1800,
};
const policy = { name: 'oncall', version: 'abcdefabcdef' };
const risk = { level: 'medium', reasons: ['production', 'changes deployments'] };

/** Everything that happens to a request, with how many seconds before or after the start of its grant. */
const history: readonly (readonly [type: string, seconds: string, data: object])[] = [
  [
    'AccessRequested',
    "-30 - toInt32(cityHash64(number, 'wait') % 600)",
    {
      requester: agent,
      request: { ...terms, scope: { action: terms.action } },
      digest: 'a'.repeat(64),
    },
  ],
  [
    'AccessRequestValidated',
    "-29 - toInt32(cityHash64(number, 'wait') % 600)",
    { policy, requester: agent, terms, cuts: [], approval, risk },
  ],
  [
    'ApprovalRequested',
    "-29 - toInt32(cityHash64(number, 'wait') % 600)",
    { approval, decideBy: '2026-12-01T00:00:00.000Z' },
  ],
  ['ApprovalGiven', '-1', { approver, via: 'slack', seen: 0 }],
  ['AccessRequestApproved', '-1', { approvers: [approver] }],
  [
    'GrantIssued',
    '0',
    {
      ...{ grantId: '@grant@', policy, grantee: agent, terms, approvers: [approver] },
      ...{ startsAt: '@start@', endsAt: '@end@' },
    },
  ],
  ['GrantExpired', '3600', { grantId: '@grant@', endsAt: '@end@' }],
];

/** Statements that insert the events of the grants that the commands were made by. */
export function eventsOf(database: string, commands: number): readonly string[] {
  const start = grantStart('number', commands);
  const time = (ms: string) =>
    `formatDateTime(fromUnixTimestamp64Milli(${ms}, 'UTC'), '%Y-%m-%dT%H:%i:%S.000Z')`;
  const words: readonly (readonly [string, string])[] = [
    ['@agent@', agentName(agentOf('number'))],
    ['@owner@', ownerName(agentOf('number'))],
    ['@connection@', connectionOf('number')],
    ['@namespace@', namespaceOf('number')],
    ['@application@', applicationOf('number')],
    ['@number@', 'toString(number)'],
    ['@grant@', `toString(${grantId('number')})`],
    ['@start@', time(start)],
    ['@end@', time(`${start} + 3600000`)],
    ['@approver@', "concat('sre-', toString(cityHash64(number, 'approver') % 12))"],
  ];
  return history.map(([type, seconds, data], place) => {
    const text = words.reduce(
      (sql, [word, value]) => `replaceAll(${sql}, '${word}', ${value})`,
      `'${JSON.stringify(data)}'`,
    );
    const isOfGrant = type.startsWith('Grant');
    return `INSERT INTO ${database}.events (sequence, id, type, schema_version, aggregate_id, correlation_id, causation_id,
  actor_kind, actor_id, at, hash, previous_hash, connection, agent_issuer, agent_subject, grant_id, data)
SELECT number * ${history.length} + ${place} + 1, generateUUIDv7(), '${type}', 1, toString(${requestId('number')}),
  toString(${requestId('number')}), toString(number), 'service', 'policy', fromUnixTimestamp64Milli(${start} + (${seconds}) * 1000, 'UTC'),
  lower(hex(SHA256(toString(number)))), '', ${connectionOf('number')}, '${issuer}', ${agentName(agentOf('number'))},
  ${isOfGrant ? grantId('number') : 'NULL'}, ${text}
FROM numbers(${grantCount(commands)})`;
  });
}
