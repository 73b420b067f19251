import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf, valid } from '../test/configuration-of.js';

const webhook = (inbound: string, more = '') =>
  `apiVersion: drawbridge.dev/v1alpha1\nkind: Webhook\nmetadata: {name: jira}\nspec:\n  url: https://jira.corp.test/x\n  for: all\n  secretFile: secrets/ours\n${more}${inbound}`;
const callbacks = (more = '', secret = 'secrets/theirs') =>
  `  inbound:\n    scheme: hub-sha256\n    secretFile: ${secret}\n    request: /r\n    ticket: /t\n    decision: /d\n    approved: [Done]\n    denied: [Declined]\n${more}`;
const steps = (list: string) => `{type: steps, steps: [{name: sre, groups: [sre]}, ${list}]}`;
const policy = (list: string, ticket = 'ticket: {required: true}') =>
  valid.policy(`actions: [view]\n${ticket}`).replace('{type: none}', steps(list));
const rest = [valid.issuer(), valid.action(), valid.connection(), valid.human()];
const problems = (...texts: readonly string[]) =>
  problemsOf(documents(...rest, ...texts)).map((problem) => problem.replace(/^\d+:\d+ /, ''));
const change = '{name: change, ticket: jira}';

describe('a webhook whose callbacks count', () => {
  it('is read with the paths of its secrets, and named by a step', () => {
    const text = documents(...rest, webhook(callbacks()), policy(change));
    const { webhooks, policies } = configurationOf({ '/config/f': text });
    expect(webhooks[0]?.spec.inbound?.secretFile).toBe('/config/secrets/theirs');
    expect(policies[0]?.spec.approval).toMatchObject({
      steps: [
        { name: 'sre', count: 1 },
        { name: 'change', ticket: 'jira' },
      ],
    });
  });

  it('has another secret than our messages', () => {
    const message = 'expected another secret than our messages have';
    expect(problems(webhook(callbacks('', './secrets/ours')))).toStrictEqual([
      `spec.inbound.secretFile: ${message}`,
    ]);
    const former = '  formerSecretFile: secrets/before\n';
    const same = callbacks('    formerSecretFile: secrets/before\n');
    expect(problems(webhook(same, former))).toStrictEqual([
      `spec.inbound.formerSecretFile: ${message}`,
    ]);
  });

  it('can tell a yes from a no', () =>
    expect(problems(webhook(callbacks().replace('[Declined]', '[Declined, Done]')))).toStrictEqual([
      'spec.inbound.denied[1]: "Done" is a yes already',
    ]));

  it.each(['r', '', '/~2', '/a~'])('points at something with %j', (pointer) =>
    expect(problems(webhook(callbacks().replace('/r', `'${pointer}'`)))).toStrictEqual([
      expect.stringMatching(/^spec.inbound.request: /),
    ]),
  );
});

describe('a step of a ticket system', () => {
  it.each([
    ['another webhook', '{name: change, ticket: snow}', 'no Webhook document "snow" has "inbound"'],
    [
      'the same a second time',
      `${change}, {name: again, ticket: jira}`,
      '"jira" is asked in another step already',
    ],
  ])('is refused with %s', (_, list, message) =>
    expect(problems(webhook(callbacks()), policy(list))).toStrictEqual([
      expect.stringContaining(message),
    ]),
  );

  it('needs a webhook that answers', () =>
    expect(problems(webhook(''), policy(change))).toStrictEqual([
      'spec.approval.steps[1].ticket: no Webhook document "jira" has "inbound"',
    ]));

  it.each(['', 'ticket: {required: false}'])('needs a ticket of every request: %j', (ticket) =>
    expect(problems(webhook(callbacks()), policy(change, ticket))).toStrictEqual([
      'spec.approval.steps[1].ticket: needs "ticket: {required: true}": a request without one waits in vain',
    ]),
  );

  it('is never the only one, and has no humans', () => {
    const only = policy(change).replace('{name: sre, groups: [sre]}, ', '');
    expect(problems(webhook(callbacks()), only)).toStrictEqual([
      expect.stringContaining('expected at least one step of humans'),
    ]);
    const both = '{name: change, ticket: jira, groups: [sre]}';
    expect(problems(webhook(callbacks()), policy(both))).toHaveLength(1);
  });
});

describe('the state of tickets', () => {
  const state = (url: string, more = '') =>
    webhook(
      '',
      `  ticketState:\n    url: ${url}\n    pointer: /s\n    tokenFile: secrets/t\n${more}`,
    );
  const rule = (name: string) =>
    policy(change).replace(
      'ticket: {required: true}',
      `ticket: {required: true}\n  autoApprove: [{name: a, actions: [view], when: {ticket: {webhook: ${name}, states: [Done]}}}]`,
    );
  const stateOf = (url: string) =>
    problemsOf(documents(...rest, state(url), valid.policy())).map((problem) =>
      problem.replace(/^\d+:\d+ /, ''),
    );

  it('is read with the path of its token', () => {
    const text = documents(...rest, state("'https://jira.corp.test/{ticket}?f=s'"), valid.policy());
    expect(configurationOf({ '/config/f': text }).webhooks[0]?.spec.ticketState).toStrictEqual({
      url: 'https://jira.corp.test/{ticket}?f=s',
      pointer: '/s',
      tokenFile: '/config/secrets/t',
      authorization: 'bearer',
    });
  });

  it.each([
    ["'https://{ticket}.corp.test/x'", 'must stand in the path'],
    ["'https://{ticket}@jira.corp.test/x'", 'must hold no user'],
    ["'https://jira.corp.test/x#{ticket}'", 'must stand in the path'],
    ["'https://user:pw@jira.corp.test/{ticket}'", 'must hold no user'],
    ["'http://jira.corp.test/{ticket}'", 'http is for a loopback address only'],
    ["'http://127.0.0.1/{ticket}'", 'allowInsecureHttp'],
    ["'https://jira.corp.test/x'", 'with {ticket} in it'],
    ["'https://jira.corp.test/{ticket}/{ticket}'", 'with {ticket} in it'],
    ["'/{ticket}'", 'expected an address'],
  ])('T19: is not read at %s', (url, message) =>
    expect(stateOf(url)).toStrictEqual([expect.stringContaining(message)]),
  );

  it('is told by a webhook that can, where a rule wants it', () => {
    const telling = state("'https://jira.corp.test/{ticket}'").concat(callbacks());
    expect(problems(telling, rule('jira'))).toStrictEqual([]);
    expect(problems(telling, rule('snow'))).toStrictEqual([
      'spec.autoApprove[0].when.ticket.webhook: no Webhook document "snow" has "ticketState"',
    ]);
  });
});

describe('a webhook that is told of alarms', () => {
  const named = (whose: string) =>
    `apiVersion: drawbridge.dev/v1alpha1\nkind: Webhook\nmetadata: {name: pager}\nspec:\n  url: https://pager.corp.test/x\n  secretFile: secrets/ours\n  events: [GrantIssued, UnrecordedCallFound]\n  for: ${whose}\n`;

  it('is one for all, since an alarm is about no agent', () => {
    expect(problems(named('all'))).toStrictEqual([]);
    expect(
      problems(named('{agents: [{issuer: "https://id.corp.test", subject: b}]}')),
    ).toStrictEqual(['spec.events[1]: "UnrecordedCallFound" is told only with `for: all`']);
  });
});
