#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes authorization.conf: one user per service, each with what it needs and nothing else. Generated because
 * NATS has no way to say "the same for all five"; libs/jetstream/test/permissions.int.spec.ts runs against the
 * result and fails when it is not what this script would write.
 */

const services = ['identity', 'policy', 'approval', 'proxy', 'audit'];
const streams = [
  'ACCESS',
  'HOLDS',
  'USES',
  'STOPS',
  'AUDIT',
  'COMMANDS',
  'PARKED',
  'CHECKPOINTS',
  'KV_drawbridge_trust',
  'KV_drawbridge_slack_cards',
  'KV_drawbridge_slack_taken',
  'KV_drawbridge_open_requests',
  'KV_drawbridge_rates',
  'KV_drawbridge_activity',
  'KV_drawbridge_members',
  'KV_drawbridge_exports',
];

/**
 * What each service appends or keeps. ACCESS takes events from three, HOLDS and STOPS from two; which types is
 * checked by each store.
 */
const writes = {
  identity: [
    'drawbridge.access.*',
    'drawbridge.stops.*',
    '$KV.drawbridge_trust.bundle',
    '$KV.drawbridge_open_requests.*',
    '$KV.drawbridge_members.*',
  ],
  policy: ['drawbridge.access.*', '$KV.drawbridge_rates.>'],
  approval: [
    'drawbridge.access.*',
    'drawbridge.holds.*',
    'drawbridge.stops.*',
    '$KV.drawbridge_slack_cards.>',
    '$KV.drawbridge_slack_taken.*',
  ],
  proxy: [
    'drawbridge.holds.*',
    'drawbridge.uses.*',
    'drawbridge.commands._batch.*',
    '$KV.drawbridge_activity.*',
  ],
  // Besides its own events and seals: how far each sink was told of the record.
  audit: ['drawbridge.audit-events.*', 'drawbridge.checkpoints.*', '$KV.drawbridge_exports.*'],
};

/** Streams a service reads with consumers. */
const consumes = {
  identity: ['ACCESS', 'STOPS', 'KV_drawbridge_trust'],
  policy: ['ACCESS', 'STOPS', 'USES', 'KV_drawbridge_trust', 'KV_drawbridge_members'],
  // AUDIT for the alarms that it tells webhooks of.
  approval: [
    'ACCESS',
    'HOLDS',
    'STOPS',
    'AUDIT',
    'KV_drawbridge_trust',
    'KV_drawbridge_slack_cards',
    'KV_drawbridge_members',
  ],
  proxy: ['ACCESS', 'HOLDS', 'STOPS', 'KV_drawbridge_trust'],
  audit: [
    'ACCESS',
    'HOLDS',
    'STOPS',
    'USES',
    'AUDIT',
    'COMMANDS',
    'CHECKPOINTS',
    'KV_drawbridge_trust',
  ],
};

/** Streams whose messages are read one by one: histories, keys, and how far audit is behind. */
const reads = {
  identity: [
    'ACCESS',
    'STOPS',
    'KV_drawbridge_trust',
    'KV_drawbridge_open_requests',
    'KV_drawbridge_members',
  ],
  policy: [
    'ACCESS',
    'STOPS',
    'USES',
    'KV_drawbridge_trust',
    'KV_drawbridge_rates',
    'KV_drawbridge_activity',
    'KV_drawbridge_members',
  ],
  approval: [
    'ACCESS',
    'HOLDS',
    'STOPS',
    'KV_drawbridge_trust',
    'KV_drawbridge_slack_cards',
    'KV_drawbridge_members',
  ],
  proxy: ['ACCESS', 'HOLDS', 'STOPS', 'USES', 'COMMANDS', 'KV_drawbridge_trust'],
  // It seals all of them.
  audit: [
    'ACCESS',
    'HOLDS',
    'STOPS',
    'USES',
    'AUDIT',
    'COMMANDS',
    'CHECKPOINTS',
    'KV_drawbridge_trust',
    'KV_drawbridge_exports',
  ],
};

const consumerCalls = (stream) => [
  // One token is a consumer's name, more is a name and the one subject it filters.
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.*`,
  `$JS.API.CONSUMER.DELETE.${stream}.*`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  `$JS.ACK.${stream}.>`,
  `$JS.FC.${stream}.>`,
];

const readCalls = (stream) => [
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
];

/** Durable consumers, and so names under which messages are parked. Every service has one of its own name. */
const durables = {
  identity: ['identity'],
  policy: ['policy'],
  // Slack apart from the decisions, which go on while it is down; and ends of grants, which wait for audit, apart from
  // the cards.
  // Webhooks have a consumer each, and one name for what none of them took.
  approval: [
    'approval',
    'approval-slack',
    'approval-slack-ends',
    'approval-webhooks',
    'approval-webhooks-settled',
  ],
  proxy: ['proxy'],
  // What a sink could not be told of is parked under a name of its own.
  audit: ['audit', 'audit-sinks', 'audit-sinks-settled'],
};

/** What nobody outside took is looked at, by a consumer of that subject alone. */
const parkedCalls = (name) => [
  ...[name, `${name}-settled`].map(
    (parked) => `$JS.API.CONSUMER.CREATE.PARKED.*.drawbridge.parked.${parked}`,
  ),
  ...['INFO', 'DELETE', 'MSG.NEXT'].map((call) => `$JS.API.CONSUMER.${call}.PARKED.*`),
];

/** Consumers of webhooks that there are no more are found, to be deleted. */
const deadLetterCalls = [
  ...parkedCalls('approval-webhooks'),
  '$JS.API.CONSUMER.LIST.ACCESS',
  '$JS.API.CONSUMER.LIST.AUDIT',
];

/** Nobody may remake, delete or drain the durable consumer of another service. */
const othersDurables = (service) =>
  services
    .filter((other) => other !== service)
    .flatMap((other) => durables[other])
    .flatMap((other) =>
      ['ACCESS', 'HOLDS', 'STOPS', 'USES', 'AUDIT', 'COMMANDS'].flatMap((stream) => [
        `$JS.API.CONSUMER.CREATE.${stream}.${other}`,
        `$JS.API.CONSUMER.CREATE.${stream}.${other}.>`,
        `$JS.API.CONSUMER.DELETE.${stream}.${other}`,
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${other}`,
        `$JS.ACK.${stream}.${other}.>`,
      ]),
    );

/** Proxies ask on it for keys that are not in the trust bundle yet; identity answers. */
const TRUST_REFRESH = 'drawbridge.trust.refresh';

/** Identity asks on it what policy would say to a request. */
const EXPLAIN = 'drawbridge.policy.explain';

/** Approval asks on it what was done by a grant that is over. */
const SESSION_SUMMARY = 'drawbridge.audit.session-summary';

/** Policy asks on it which names a selector stands for in a cluster; a gateway answers. */
const NAMES = 'drawbridge.gateway.names';

/** Approval asks on it by which grant a session runs; the gateway that has it answers. */
const RUNNING_SESSION = 'drawbridge.gateway.running-session';

/** Questions that a service answers, and nobody else hears. */
const answered = {
  identity: [TRUST_REFRESH],
  policy: [EXPLAIN],
  proxy: [NAMES, RUNNING_SESSION],
  audit: [SESSION_SUMMARY],
};

/** Gateways tell each other on it that they are there, for connectors to find them all. */
const GATEWAYS = 'drawbridge.gateways';

function user(name, { publish, deny = [], answers = [], hears = [] }) {
  const list = (subjects) => subjects.map((subject) => `          "${subject}"`).join('\n');
  const responses =
    answers.length === 0 ? '' : '\n        allow_responses: { max: 1, expires: "30s" }';
  const denied = deny.length === 0 ? '' : `\n        deny: [\n${list(deny)}\n        ]`;
  return `    {
      user: "${name}"
      password: $${name.toUpperCase()}_PASSWORD
      permissions: {
        publish: {
        allow: [
${list(publish)}
        ]${denied}
        }
        # Its own inbox only: answers to one service are not for another.
        subscribe: { allow: [${[`_INBOX_${name}.>`, ...answers, ...hears].map((subject) => `"${subject}"`).join(', ')}] }${responses}
      }
    }`;
}

const provision = user('provision', {
  publish: [
    '$JS.API.INFO',
    ...streams.flatMap((stream) => [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.STREAM.CREATE.${stream}`,
    ]),
  ],
});

const serviceUsers = services.map((service) =>
  user(service, {
    publish: [
      '$JS.API.INFO',
      ...streams.map((stream) => `$JS.API.STREAM.INFO.${stream}`),
      ...reads[service].flatMap(readCalls),
      ...consumes[service].flatMap(consumerCalls),
      ...(service === 'proxy' ? ['$JS.API.CONSUMER.INFO.COMMANDS.audit'] : []),
      ...(service === 'proxy' ? [TRUST_REFRESH, GATEWAYS] : []),
      ...(service === 'identity' ? [EXPLAIN] : []),
      ...(service === 'approval' ? [SESSION_SUMMARY, RUNNING_SESSION] : []),
      ...(service === 'approval' ? deadLetterCalls : []),
      ...(service === 'audit' ? parkedCalls('audit-sinks') : []),
      ...(service === 'policy' ? [NAMES] : []),
      ...writes[service],
      ...durables[service].map((durable) => `drawbridge.parked.${durable}`),
    ],
    deny: othersDurables(service),
    answers: answered[service] ?? [],
    hears: service === 'proxy' ? [GATEWAYS] : [],
  }),
);

export const authorization = `# Written by make-authorization.mjs; do not edit.
#
# No user may update, delete or purge a stream or delete a message: what is recorded stays.

# IDENTITY_PASSWORD, POLICY_PASSWORD, … as in passwords.example.conf; mounted as a secret. Included here and
# not beside this file, because a file sees only the variables of those that it includes itself.
include "./passwords.conf"

authorization {
  timeout: 5
  users: [
${[provision, ...serviceUsers].join('\n')}
  ]
}
`;

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, 'authorization.conf'), authorization);
}
