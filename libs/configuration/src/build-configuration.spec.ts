import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configurationOf, documents, problemsOf, valid } from '../test/configuration-of.js';
import { formatProblem } from './configuration.js';

const all = () =>
  documents(valid.issuer(), valid.human(), valid.action(), valid.connection(), valid.policy());

describe('a configuration', () => {
  it('holds every document with its defaults and its place', () => {
    const configuration = configurationOf({ 'a.yaml': all() });
    expect(configuration.issuers).toHaveLength(1);
    expect(configuration.humans[0]?.source).toStrictEqual({ file: 'a.yaml', line: 9, column: 1 });
    expect(configuration.actions[0]?.spec.parameters).toStrictEqual([
      { name: 'namespace', description: 'd' },
    ]);
    expect(configuration.connections[0]?.metadata).toStrictEqual({ name: 'prod', labels: {} });
    expect(configuration.policies[0]?.spec.whenTooWide).toBe('refuse');
    expect(configuration.warnings).toStrictEqual([]);
  });

  it('resolves paths against the file that names them', () => {
    const text = documents(
      valid.connection('https://k', 'certificateAuthorityFile: ../pki/ca.pem'),
      valid.issuer('certificateAuthorityFile: idp.pem'),
    ).replace(
      '{type: bearerToken, environmentVariable: TOKEN}',
      '{type: clientCertificate, certificate: {file: /abs/c.pem}, key: {file: k.pem}}',
    );
    const { connections, issuers } = configurationOf({ '/etc/drawbridge/clusters/c.yaml': text });
    expect(connections[0]?.spec).toMatchObject({
      certificateAuthorityFile: '/etc/drawbridge/pki/ca.pem',
      credential: {
        certificate: { file: '/abs/c.pem' },
        key: { file: '/etc/drawbridge/clusters/k.pem' },
      },
    });
    expect(issuers[0]?.spec.certificateAuthorityFile).toBe('/etc/drawbridge/clusters/idp.pem');
  });

  describe('of webhooks', () => {
    const webhook = (url: string, more = '') =>
      `apiVersion: drawbridge.dev/v1alpha1\nkind: Webhook\nmetadata: {name: w}\nspec:\n  url: ${url}\n  for: all\n  secretFile: secrets/w\n${more}`;

    it('resolves the files beside the one that names them', () => {
      const text = webhook('https://hooks.corp.test/a', '  formerSecretFile: /abs/before\n');
      const { webhooks } = configurationOf({ '/etc/drawbridge/w.yaml': text });
      expect(webhooks[0]?.spec).toMatchObject({
        secretFile: '/etc/drawbridge/secrets/w',
        formerSecretFile: '/abs/before',
        for: 'all',
      });
    });

    it.each([
      ['http://hooks.corp.test', '', 'http is for a loopback address only'],
      ['http://127.0.0.1:1', '', 'http needs "allowInsecureHttp: true"'],
      ['https://user:secret@hooks.corp.test', '', 'must hold no user and no password'],
      ['https://hooks.corp.test/?token=secret', '', 'must hold no query and no fragment'],
      ['https://hooks.corp.test', '  events: [GrantForged]\n', 'events'],
      ['https://hooks.corp.test', '  for: {agents: []}\n', 'for'],
    ])('refuses the address %s %s', (...[url, more, words]) => {
      const text = webhook(url, more).replace(
        '  for: all\n',
        more.includes('for:') ? '' : '  for: all\n',
      );
      const problems = problemsOf(text).join('\n');
      expect(problems).toContain(words);
      expect(problems).not.toContain('secret@');
    });
  });

  describe('of fresh logins', () => {
    const asking = (approval = '{type: humans, groups: [sre]}') =>
      valid.policy('actions: [view]\nstepUp: {acr: [phr]}').replace('{type: none}', approval);
    const web = (clientId: string) => `login: {deviceClientId: cli, web: {clientId: ${clientId}}}`;
    const all = (issuer: string, policy = asking()) =>
      problemsOf(documents(valid.issuer(issuer), valid.action(), valid.connection(), policy));

    it('takes those that somebody can have', () => expect(all(web('w'))).toStrictEqual([]));

    it.each([
      ['nobody can have', '', asking(), 'no Issuer document has "login.web"'],
      ['nobody is asked for', web('w'), asking('{type: none}'), 'nobody approves'],
      ['would open the API', web('a'), asking(), 'would be taken as access tokens'],
    ])('refuses those that %s', (...[, issuer, policy, words]) =>
      expect(all(issuer, policy)).toStrictEqual([expect.stringContaining(words)]),
    );

    it('finds the secret beside the file that names it', () => {
      const login = 'login: {deviceClientId: cli, web: {clientId: w, clientSecretFile: s}}';
      const { issuers } = configurationOf({ '/etc/drawbridge/i.yaml': valid.issuer(login) });
      expect(issuers[0]?.spec.login?.web?.clientSecretFile).toBe('/etc/drawbridge/s');
    });
  });

  it('gives a connection to its own cluster the address and authority of that', () => {
    const own = (credential: string, more = '') =>
      configurationOf({
        '/etc/drawbridge/c.yaml': valid
          .connection('https://k', more)
          .replace(/server: .*\n */, more === '' ? '' : '$&')
          .replace(/credential: .*/, `credential: ${credential}`),
      }).connections[0]?.spec;
    expect(own('{type: serviceAccount}')).toMatchObject({
      server: 'https://kubernetes.default.svc',
      certificateAuthorityFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    });
    expect(own('{type: serviceAccount, directory: sa}')).toMatchObject({
      certificateAuthorityFile: '/etc/drawbridge/sa/ca.crt',
      credential: { directory: '/etc/drawbridge/sa' },
    });
    expect(own('{type: serviceAccount}', 'tlsServerName: k')).toMatchObject({
      server: 'https://k',
    });
  });

  it('reads only the kinds that are asked for, and does not judge the others', () => {
    const text = documents(valid.human(), 'kind: Policy\nspec: broken\n');
    const configuration = configurationOf({ f: text }, ['Human']);
    expect(configuration.humans).toHaveLength(1);
    expect(configuration.policies).toStrictEqual([]);
    expect(problemsOf(text, ['Human', 'Policy'])).not.toStrictEqual([]);
  });

  it('refuses an unknown kind whatever is asked for', () => {
    expect(problemsOf(documents(valid.human(), 'kind: Polici\n'), ['Human'])).toStrictEqual([
      '10:7 kind: expected "Issuer" or "Human" or "Action" or "Connection" or "Policy" or "Guardrail" or "Schedule" or "Risk" or "Webhook" or "Routing" or "Sink" (got "Polici")',
    ]);
  });

  it.each(['[]', 'text', '7'])('refuses the document %s', (text) => {
    expect(problemsOf(`${text}\n`)).toStrictEqual([expect.stringMatching(/^1:1 expected a map/)]);
  });

  it('refuses to be empty', () => {
    expect(() => configurationOf({ f: '# nothing\n' })).toThrow('/config:1:1 holds no document');
  });
});

describe('the version', () => {
  const versionOf = (...texts: string[]) =>
    configurationOf(Object.fromEntries(texts.map((text, index) => [`f${index}`, text]))).version;

  it('is 12 hex digits', () => {
    expect(versionOf(all())).toMatch(/^[0-9a-f]{12}$/);
  });

  it('does not depend on files, order, comments, layout or written-out defaults', () => {
    const texts = [valid.issuer(), valid.action(), valid.connection(), valid.policy()];
    const version = versionOf(documents(...texts));
    expect(versionOf(...texts)).toBe(version);
    expect(versionOf(...texts.toReversed())).toBe(version);
    expect(versionOf(`# why\n${documents(...texts)}`)).toBe(version);
    const spelled = texts.with(3, valid.policy('actions: [view]\nwhenTooWide: refuse'));
    expect(versionOf(documents(...spelled))).toBe(version);
  });

  it('changes with any meaning', () => {
    const texts = [valid.issuer(), valid.action(), valid.connection()];
    const versions = [
      valid.policy(),
      valid.policy('actions: [view]\nwhenTooWide: cut'),
      valid.policy('actions: [view]', 'q'),
      documents(valid.policy(), valid.policy('actions: [view]', 'q')),
    ].map((policy) => versionOf(documents(...texts, policy)));
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('problems', () => {
  it('are listed all at once, in order, with what came', () => {
    const text = valid
      .policy('tikcet: {}\nactions: [View]')
      .replace('600', '10')
      .replace('{groups: [agents]}', '{groups: agents}');
    expect(problemsOf(text)).toStrictEqual([
      '5:22 spec.subjects.groups: expected a list (got "agents")',
      '8:23 spec.maxDurationSeconds: expected number to be >=30 (got 10)',
      '10:3 spec.tikcet: is not a field',
      '11:13 spec.actions[0]: expected a DNS label (got "View")',
    ]);
  });

  it.each([
    ['a field that is not known', 'credential: {type: bearerToken, file: f, token: CANARY}'],
    ['a field of another type', 'credential: {type: bearerToken, file: [CANARY]}'],
    ['an unknown type', 'credential: {type: CANARY}'],
    ['a map with a secret', 'credential: CANARY'],
    ['a bad variable', 'credential: {type: bearerToken, environmentVariable: canary-CANARY}'],
  ])('never tell a secret: %s', (_name, line) => {
    const text = valid.connection().replace(/credential: .*/, line);
    const problems = problemsOf(text);
    expect(problems).not.toStrictEqual([]);
    expect(problems.join()).not.toContain('CANARY');
  });

  it.each(['http', 'https'])('never tell the password of an address: %s', (scheme) => {
    const problems = problemsOf(valid.connection(`${scheme}://user:CANARY@k8s.corp.test`));
    expect(problems).not.toStrictEqual([]);
    expect(problems.join()).not.toContain('CANARY');
  });

  it('hold no control characters of the text', () => {
    const problems = problemsOf(valid.policy('whenTooWide: "\\e[31mred\\n"'));
    expect(problems).toStrictEqual([
      String.raw`10:16 spec.whenTooWide: expected "cut" or "refuse" (got "\u001b[31mred\n")`,
    ]);
  });

  it('never come as another error, whatever a document holds', () => {
    const keys = fc.constantFrom(
      'kind',
      'metadata',
      'spec',
      'rules',
      'name',
      'approval',
      '__proto__',
    );
    const kinds = fc.constantFrom(
      'Policy',
      'Issuer',
      'Human',
      'Action',
      'Connection',
      'x',
      1,
      null,
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(fc.string(), fc.integer(), kinds, fc.array(tie('any')), tie('map')),
      map: fc.dictionary(keys, tie('any')),
    }));
    fc.assert(
      fc.property(value.map, kinds, (map, kind) => {
        expect(problemsOf(JSON.stringify({ ...map, kind }))).not.toStrictEqual([]);
      }),
    );
  });
});

describe('documents together', () => {
  it.each([
    [
      'a name twice',
      documents(valid.action(), valid.action()),
      '11:18 metadata.name: Action "view" stands in f:3 already',
    ],
    [
      'an issuer twice',
      documents(valid.issuer(), valid.issuer().replace('name: corp', 'name: b')),
      '13:11 spec.issuer: "https://id.corp.test" stands in f:5 already',
    ],
    [
      'a subject twice',
      documents(valid.human(), valid.human('b').replace('subject: b', 'subject: alice')),
      '15:12 spec.subject: subject "alice" of "https://id.corp.test" stands in f:6 already',
    ],
    [
      'an e-mail address twice',
      documents(valid.human(), valid.human('b').replace('b@corp', 'ALICE@corp')),
      '16:10 spec.email: e-mail address "alice@corp.test" stands in f:7 already',
    ],
    [
      'a Slack user twice',
      documents(
        valid.human('a', 'slack: {team: T, user: U}'),
        valid.human('b', 'slack: {team: T, user: U}'),
      ),
      '19:10 spec.slack: Slack user "U" of "T" stands in f:9 already',
    ],
    [
      'plain http',
      valid.issuer('', 'http://id.corp.test'),
      '5:11 spec.issuer: expected https; http is for a loopback address only',
    ],
    [
      'plain http on loopback',
      valid.issuer('', 'http://127.0.0.1:9000'),
      '5:11 spec.issuer: http needs "allowInsecureHttp: true"',
    ],
    [
      'plain http on a name that only starts like loopback',
      valid.issuer('allowInsecureHttp: true', 'http://127.0.0.1.evil.test'),
      '5:11 spec.issuer: expected https; http is for a loopback address only',
    ],
    [
      'another scheme',
      valid.issuer('', 'ftp://id.corp.test'),
      '5:11 spec.issuer: expected an https address',
    ],
    [
      'a query in an address',
      valid.connection('https://k?a=b'),
      '6:11 spec.server: must hold no query and no fragment',
    ],
    [
      'a host name twice',
      documents(
        valid.connection('https://k', 'hosts: [a.corp.test, b.corp.test]'),
        valid.connection('https://k', 'hosts: [b.corp.test]').replace('name: prod', 'name: q'),
      ),
      '17:10 spec.hosts: host name "b.corp.test" stands in f:8 already',
    ],
    [
      'a host name with capitals',
      valid.connection('https://k', 'hosts: [A.corp.test]'),
      '8:11 spec.hosts[0]: expected a DNS name in lower case (got "A.corp.test")',
    ],
    [
      'no server',
      valid.connection().replace(/server: .*\n */, ''),
      '5:3 spec.server: expected an https address',
    ],
    [
      'an authority without a server',
      valid
        .connection('https://k', 'certificateAuthorityFile: ca.pem')
        .replace(/server: .*\n */, '')
        .replace(/credential: .*/, 'credential: {type: serviceAccount}'),
      '7:29 spec.certificateAuthorityFile: stands for a "server" only: without one both are looked up',
    ],
    [
      'two sources of one token',
      valid.connection().replace('{type: bearerToken,', '{type: bearerToken, file: f,'),
      '7:15 spec.credential: expected one of "file", "environmentVariable" and "secret" (got a map)',
    ],
    [
      'a key of no source',
      valid
        .connection()
        .replace(
          /credential: .*/,
          'credential: {type: clientCertificate, certificate: {file: f}, key: {}}',
        ),
      '7:70 spec.credential.key: expected one of "file", "environmentVariable" and "secret" (got a map)',
    ],
    [
      'a plugin that is no absolute path',
      valid.connection().replace(/credential: .*/, 'credential: {type: exec, command: aws}'),
      '7:37 spec.credential.command: expected an absolute path',
    ],
    [
      'a role that is none',
      valid
        .connection()
        .replace(
          /credential: .*/,
          'credential: {type: eks, clusterName: c, region: eu-west-1, roleArn: admin}',
        ),
      '7:71 spec.credential.roleArn: expected the ARN of a role',
    ],
    [
      'an unused parameter',
      valid.action('[payments]'),
      '6:15 spec.parameters: parameter "namespace" is used in no rule',
    ],
    [
      'an undeclared parameter',
      valid.action("['{ns}']", '[]'),
      '7:10 spec.rules: "{ns}" is no declared parameter',
    ],
    [
      'a parameter twice',
      valid.action("['{n}']", '[{name: n, description: d}, {name: n, description: d}]'),
      '6:15 spec.parameters: parameter "n" is declared twice',
    ],
    [
      'labels beside another namespace',
      valid.action(
        "['{namespace}', b]",
        '[{name: namespace, description: d, accepts: namespaceLabels}]',
      ),
      '6:59 spec.parameters[0].accepts: "{namespace}" must stand in namespaces only, and nothing beside it there',
    ],
    [
      'a pattern for a namespace',
      valid.action("['{namespace}']", '[{name: namespace, description: d, accepts: namePattern}]'),
      '6:59 spec.parameters[0].accepts: "{namespace}" must stand in resourceNames only, in rules of one API group and one kind of resource',
    ],
    [
      'half a placeholder',
      valid.action("['x-{namespace}']"),
      '7:75 spec.rules[0].namespaces[0]: expected a "{parameter}" or a Kubernetes name or "*" (got "x-{namespace}")',
    ],
    [
      'a placeholder for a verb',
      valid.action().replace('verbs: [get]', "verbs: ['{namespace}']"),
      '7:20 spec.rules[0].verbs[0]: expected a Kubernetes name or "*" (got "{namespace}")',
    ],
    [
      'half a wildcard',
      valid.action().replace('resources: [pods]', "resources: ['pods/*']"),
      '7:55 spec.rules[0].resources[0]: expected a resource, a "resource/subresource", "*/subresource" or "*"',
    ],
    [
      'a wildcard for a name',
      valid.action("['{namespace}'], resourceNames: ['*']"),
      '7:107 spec.rules[0].resourceNames[0]: expected a name; leave the field out for any name',
    ],
  ])('refuse %s', (_name, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it.each([
    ['an unknown action', 'actions: [nope]', '10:13 spec.actions[0]: no action is named "nope"'],
    ['nothing at all', 'description: d', '5:3 spec: allows nothing: expected "actions" or "rules"'],
    [
      'rules outside its namespaces',
      'rules: [{verbs: [get], apiGroups: [""], resources: [pods], namespaces: [other]}]',
      '10:74 spec.rules[0].namespaces: "other" is outside the policy\'s namespaces',
    ],
    [
      'a pattern that JavaScript would hang on or that is none',
      'actions: [view]\nticket: {pattern: "(a"}',
      '11:21 spec.ticket.pattern: expected a regular expression in RE2 syntax',
    ],
  ])('refuse a policy with %s', (_name, lines, problem) => {
    expect(
      problemsOf(documents(valid.policy(lines), valid.action(), valid.connection())),
    ).toStrictEqual([problem]);
  });

  it('refuse a policy for an unknown connection', () => {
    const text = documents(
      valid.policy().replace('names: [prod]', 'names: [prod, nope]'),
      valid.action(),
      valid.connection(),
    );
    expect(problemsOf(text)).toStrictEqual([
      '6:31 spec.connections.names[1]: no connection is named "nope"',
    ]);
  });

  it('refuse an action that lies outside the policy', () => {
    const text = documents(valid.policy(), valid.action('[other]', '[]'), valid.connection());
    expect(problemsOf(text)).toStrictEqual([
      '10:13 spec.actions[0]: action "view" has rules in none of the policy\'s namespaces',
    ]);
  });

  it('say nothing is missing that may stand in a document that cannot be read', () => {
    const text = documents(
      valid.policy(),
      valid.action().replace('description: d', 'x: 1'),
      valid.connection(),
    );
    expect(problemsOf(text)).toStrictEqual([
      expect.stringMatching(/spec.description/),
      expect.stringMatching(/spec.x/),
    ]);
  });

  it('warn of what may be meant', () => {
    const text = documents(
      valid
        .policy('actions: [view]')
        .replace('{names: [prod]}', '{environments: [production, staging]}')
        .replace('{groups: [agents]}', '{groups: [agents], issuers: ["https://x.test"]}')
        .replace('{type: none}', '{type: humans, groups: [sre, nobody]}'),
      valid.action(),
      valid.connection(),
      valid.issuer(),
      valid.human('a').replace('https://id', 'https://other'),
    );
    expect(configurationOf({ f: text }).warnings.map(formatProblem)).toStrictEqual([
      'f:5:42 spec.subjects.issuers[0]: no Issuer document has "https://x.test"',
      'f:6:44 spec.connections.environments[1]: no connection has environment "staging"',
      'f:9:42 spec.approval.groups[1]: no Human document has group "nobody"',
      expect.stringMatching(/spec.issuer: is the issuer of no Issuer document$/),
    ]);
  });

  it.each([
    ['remindAfterSeconds: 600', 'remindAfterSeconds: never comes: the request lapses after 600 s'],
    [
      'escalate: [{afterSeconds: 600, groups: [sre]}]',
      'escalate[0].afterSeconds: never comes: the request lapses after 600 s',
    ],
    [
      'escalate: [{afterSeconds: 90, groups: [sre]}, {afterSeconds: 90, groups: [sre]}]',
      'escalate[1].afterSeconds: expected a later time than of the escalation before',
    ],
    [
      "escalate: [{afterSeconds: 90, groups: ['on-call:none']}]",
      'escalate[0].groups[0]: no Schedule document is named "none"',
    ],
    ['escalate: []', 'escalate: expected array to have >=1 items'],
    ['remindAfterSeconds: 29', 'remindAfterSeconds: expected number to be >=30'],
  ])('refuse a step with %s', (times, message) => {
    const steps = `{type: steps, timeoutSeconds: 600, steps: [{name: a, groups: [sre], ${times}}]}`;
    const policy = valid.policy('actions: [view]').replace('{type: none}', steps);
    const rest = [valid.action(), valid.connection(), valid.issuer(), valid.human('a')];
    const [problem, ...others] = problemsOf(documents(policy, ...rest));
    expect(others).toStrictEqual([]);
    expect(problem?.replace(/^\d+:\d+ /, '')).toContain(`spec.approval.steps[0].${message}`);
  });

  it('warn of a step that nobody can decide', () => {
    const steps = '{type: steps, steps: [{name: a, groups: [sre]}, {name: b, groups: [nobody]}]}';
    const text = documents(
      valid.policy('actions: [view]').replace('{type: none}', steps),
      valid.action(),
      valid.connection(),
      valid.issuer(),
      valid.human('a'),
    );
    expect(configurationOf({ f: text }).warnings.map(formatProblem)).toStrictEqual([
      expect.stringMatching(
        /spec.approval.steps\[1\].groups\[0\]: no Human document has group "nobody"$/,
      ),
    ]);
  });
});

describe('guardrails', () => {
  const guardrail = (rule: string) =>
    `apiVersion: drawbridge.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  rules:\n    - name: r\n      action: deny\n      reason: because\n${rule}`;

  it('are refused with the place of what is wrong', () => {
    const text = guardrail(
      '      match: {verbs: [get*]}\n      when: request.nmae == "x"\n      exept: []\n',
    );
    expect(problemsOf(text)).toStrictEqual(['11:7 spec.rules[0].exept: is not a field']);
    expect(problemsOf(text.replace('      exept: []\n', ''))).toStrictEqual([
      '9:23 spec.rules[0].match.verbs[0]: expected a word or "*"',
      '10:13 spec.rules[0].when: No such key: nmae (at 1:9 of the expression)',
    ]);
  });

  it('are warned of when they name what does not exist', () => {
    const text = documents(
      valid.connection(),
      guardrail('      match: {connections: {names: [prod, pord, "p*"]}}\n'),
    );
    const { guardrails, warnings } = configurationOf({ f: text });
    expect(guardrails).toHaveLength(1);
    expect(warnings.map(({ message }) => message)).toStrictEqual(['no connection is named "pord"']);
  });
});
