import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { authorize } from './authorize.js';
import { parseKubeRequest } from './kube-request.js';
import type { EndedGrant, OpenGrant } from './open-grants.js';

const now = new Date('2026-01-05T09:05:00.000Z');
const restart: Rule = {
  verbs: ['get', 'list', 'watch', 'patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
  resourceNames: ['checkout'],
};
const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
const grant = (rules: readonly Rule[], more: Partial<OpenGrant> = {}): OpenGrant => ({
  grantId: 'grant-1',
  accessRequestId: 'request-1',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  connection: 'prod-eks',
  rules,
  policy: 'oncall',
  reason: 'a test',
  approvers: [],
  issuedAtMs: 0,
  startsAtMs: Date.parse('2026-01-05T09:00:00.000Z'),
  endsAtMs: Date.parse('2026-01-05T09:15:00.000Z'),
  ...more,
});

interface Given {
  readonly open?: readonly OpenGrant[];
  readonly lastEnded?: EndedGrant;
  readonly at?: Date;
  readonly earliest?: () => Date;
  readonly groups?: readonly string[];
  readonly key?: string;
  readonly run?: string;
}
function decide(
  call: string,
  { open = [], lastEnded, at = now, earliest, groups = [], key, run }: Given,
) {
  const client = { shownKey: key };
  const [method = '', target = ''] = call.split(' ');
  const grants = lastEnded === undefined ? { open } : { open, lastEnded };
  const request = parseKubeRequest(method, target);
  const who = { connection: 'prod-eks', groups, run, client };
  return authorize({ request, grants, ...who, now: at, earliest });
}
const deployments = '/apis/apps/v1/namespaces/payments/deployments';

describe('a call in the scope of a grant', () => {
  it.each([
    `GET ${deployments}/checkout`,
    `PATCH ${deployments}/checkout?fieldManager=kubectl-rollout`,
    `GET ${deployments}?fieldSelector=metadata.name%3Dcheckout`,
    `GET ${deployments}?fieldSelector=metadata.name%3Dcheckout&watch=true`,
  ])('%s is allowed by it', (call) => {
    expect(decide(call, { open: [grant([restart])] })).toMatchObject({
      effect: 'allow',
      reason: 'in_scope',
      grant: { grantId: 'grant-1' },
    });
  });
});

describe('a grant that is bound to a key', () => {
  const bound = grant([restart], { grantId: 'bound', keyThumbprint: 'own' });
  const call = `GET ${deployments}/checkout`;

  it('is open to who shows it', () =>
    expect(decide(call, { open: [bound], key: 'own' })).toMatchObject({ effect: 'allow' }));

  it.each([
    [undefined, 'grant_key_required'],
    ['another', 'grant_key_wrong'],
  ])('is closed to who shows %s, whatever is called', (key, reason) => {
    for (const each of [call, `GET /version`, `GET ${deployments}`]) {
      const decision = decide(each, { open: [bound], ...(key !== undefined && { key }) });
      expect(decision).toMatchObject({ effect: 'deny', reason, grant: { grantId: 'bound' } });
    }
  });

  it('lends nothing to another grant, and takes nothing from it', () => {
    const free = grant([{ ...restart, resourceNames: ['other'] }], { grantId: 'free' });
    expect(decide(call, { open: [bound, free] })).toMatchObject({ reason: 'not_in_scope' });
    expect(decide(`GET ${deployments}/other`, { open: [bound, free] })).toMatchObject({
      effect: 'allow',
      grant: { grantId: 'free' },
    });
  });

  it('asks nobody for a key while no grant is bound to one', () => {
    const client = {
      get shownKey(): never {
        throw new Error('read');
      },
    };
    const request = parseKubeRequest('GET', `${deployments}/checkout`);
    const caller = { connection: 'prod-eks', groups: [], run: undefined, client, now };
    const open = [grant([restart])];
    expect(authorize({ request, grants: { open }, ...caller })).toMatchObject({ effect: 'allow' });
    expect(authorize({ request, grants: { open: [] }, ...caller })).toMatchObject({
      reason: 'no_grant',
    });
  });
});

describe('a grant that is for one run of its agent', () => {
  const bound = grant([restart], { grantId: 'bound', runId: 'nightly-1' });
  const call = `GET ${deployments}/checkout`;

  it('is open to a token of that run', () =>
    expect(decide(call, { open: [bound], run: 'nightly-1' })).toMatchObject({ effect: 'allow' }));

  it.each([undefined, 'nightly-2', 'nightly-11', 'NIGHTLY-1', ''])(
    'is closed to a token of %s, whatever is called',
    (run) => {
      for (const each of [call, `GET /version`, `GET ${deployments}`]) {
        const decision = decide(each, { open: [bound], ...(run !== undefined && { run }) });
        const refused = { effect: 'deny', reason: 'grant_run_wrong', grant: { grantId: 'bound' } };
        expect(decision).toMatchObject(refused);
      }
    },
  );

  it('asks for the key too, where it is bound to one', () => {
    const both = grant([restart], { runId: 'nightly-1', keyThumbprint: 'own' });
    expect(decide(call, { open: [both], run: 'nightly-1' })).toMatchObject({
      reason: 'grant_key_required',
    });
    expect(decide(call, { open: [both], key: 'own' })).toMatchObject({ reason: 'grant_run_wrong' });
    expect(decide(call, { open: [both], key: 'own', run: 'nightly-1' })).toMatchObject({
      effect: 'allow',
    });
  });

  it('lends nothing to another grant, and takes nothing from it', () => {
    const free = grant([{ ...restart, resourceNames: ['other'] }], { grantId: 'free' });
    expect(decide(call, { open: [bound, free] })).toMatchObject({ reason: 'not_in_scope' });
    const other = `GET ${deployments}/other`;
    expect(decide(other, { open: [bound, free], run: 'nightly-2' })).toMatchObject({
      effect: 'allow',
      grant: { grantId: 'free' },
    });
  });
});

describe('T17 a grant for members of a group', () => {
  const forMembers = grant([restart], { requiredGroups: ['oncall-agents', 'sre-agents'] });
  const call = `GET ${deployments}/checkout`;

  it.each([[['oncall-agents']], [['others', 'sre-agents']]])('is open with %s', (groups) => {
    expect(decide(call, { open: [forMembers], groups })).toMatchObject({ effect: 'allow' });
  });

  it.each([[[]], [['others']]])('is closed with %s, whatever is called', (groups) => {
    for (const each of [call, 'GET /version', 'GET /api/v1/pods']) {
      expect(decide(each, { open: [forMembers], groups })).toMatchObject({
        effect: 'deny',
        reason: 'grant_group_lost',
        message:
          'grant grant-1 is for members of oncall-agents or sre-agents, and your token no longer says that you are one',
        grant: { grantId: 'grant-1' },
      });
    }
  });

  it('closes no other grant', () => {
    const other = grant([restart], { grantId: 'grant-2', requiredGroups: ['others'] });
    expect(decide(call, { open: [forMembers, other], groups: ['others'] })).toMatchObject({
      grant: { grantId: 'grant-2' },
    });
  });
});

describe('T14 a list or watch where a grant names objects', () => {
  const names = (more: Partial<Rule>, ...resourceNames: string[]) => ({
    ...restart,
    ...more,
    resourceNames,
  });
  const rules = [
    names({}, 'checkout', 'cart'),
    names({ verbs: ['list'] }, 'cart', 'web'),
    names({ namespaces: ['default'] }, 'other'),
    names({ verbs: ['get'] }, 'got'),
  ];

  it.each([
    ['list', `GET ${deployments}`, ['checkout', 'cart', 'web']],
    ['watch', `GET ${deployments}?watch=true`, ['checkout', 'cart']],
    ['watch', '/apis/apps/v1/watch/namespaces/payments/deployments', ['checkout', 'cart']],
    [
      'list',
      `GET ${deployments}?fieldSelector=status.x%3D1&labelSelector=a`,
      ['checkout', 'cart', 'web'],
    ],
  ])('%s shows these only: %s', (_, call, onlyNames) => {
    const decision = decide(call.startsWith('/') ? `GET ${call}` : call, { open: [grant(rules)] });
    expect(decision).toMatchObject({ effect: 'allow', reason: 'in_scope', onlyNames });
    expect(decision.message).toContain(`shows only ${onlyNames.join(', ')}`);
  });

  it('shows all where another rule, or another grant, allows all', () => {
    const { verbs, apiGroups, resources, namespaces } = restart;
    const all = { verbs, apiGroups, resources, namespaces };
    const named = grant([restart]);
    for (const open of [[grant([restart, all])], [named, grant([all], { grantId: 'grant-2' })]]) {
      expect(decide(`GET ${deployments}`, { open })).not.toHaveProperty('onlyNames');
    }
  });

  it('T18 shows what one grant allows, never of two', () => {
    const other = grant([names({}, 'cart')], { grantId: 'grant-2' });
    expect(decide(`GET ${deployments}`, { open: [grant([restart]), other] })).toMatchObject({
      grant: { grantId: 'grant-1' },
      onlyNames: ['checkout'],
    });
  });

  it.each([
    `DELETE ${deployments}`,
    `DELETE ${deployments}?fieldSelector=metadata.name%3Dcheckout`,
    `POST ${deployments}`,
    'GET /apis/apps/v1/deployments',
    'GET /apis/apps/v1/namespaces/other/deployments',
  ])('does not open %s', (call) => {
    expect(decide(call, { open: [grant([{ ...restart, verbs: ['*'] }])] })).toMatchObject({
      reason: 'not_in_scope',
    });
  });

  it('is opened for secrets as for all else: their values are masked', () => {
    const secrets = names({ apiGroups: [''], resources: ['secrets'] }, 'db');
    const call = 'GET /api/v1/namespaces/payments/secrets';
    expect(decide(call, { open: [grant([secrets])] })).toMatchObject({
      effect: 'allow',
      onlyNames: ['db'],
    });
    expect(decide(call, { open: [grant([restart])] })).toMatchObject({ reason: 'not_in_scope' });
  });
});

describe('several open grants', () => {
  const other = grant([{ ...restart, namespaces: ['default'] }], { grantId: 'grant-2' });
  const later = { endsAtMs: Date.parse('2026-01-05T10:00:00.000Z') };

  it('the call belongs to the one that allows it, whichever it is', () => {
    const decision = decide(`GET ${deployments}/checkout`, { open: [other, grant([restart])] });
    expect(decision).toMatchObject({ effect: 'allow', grant: { grantId: 'grant-1' } });
  });

  it('discovery belongs to the one that ends last', () => {
    const open = [grant([restart]), grant([restart], { grantId: 'grant-3', ...later }), other];
    expect(decide('GET /api', { open })).toMatchObject({ grant: { grantId: 'grant-3' } });
  });
});

describe('a call outside the scope', () => {
  it.each([
    ['another name', `PATCH ${deployments}/cart`],
    ['the collection, by a subresource of none', `POST ${deployments}`],
    ['the head of a list', `HEAD ${deployments}`],
    ['another name by selector', `GET ${deployments}?fieldSelector=metadata.name%3Dcart`],
    ['another namespace', 'PATCH /apis/apps/v1/namespaces/default/deployments/checkout'],
    ['another verb', `DELETE ${deployments}/checkout`],
    ['the collection', `DELETE ${deployments}?fieldSelector=metadata.name%3Dcheckout`],
    ['a subresource', `PATCH ${deployments}/checkout/scale`],
    ['another group', 'GET /apis/extensions/v1beta1/namespaces/payments/deployments/checkout'],
    ['a secret', 'GET /api/v1/namespaces/payments/secrets/db'],
    ['the namespace itself', 'DELETE /api/v1/namespaces/payments'],
  ])('is refused: %s', (_, call) => {
    expect(decide(call, { open: [grant([restart])] })).toMatchObject({
      effect: 'deny',
      reason: 'not_in_scope',
    });
  });

  it('says what the nearest grant allows and how to ask for this', () => {
    const other = grant([{ ...restart, resources: ['jobs'] }], { grantId: 'grant-2' });
    const { message } = decide(`DELETE ${deployments}/checkout`, {
      open: [other, grant([restart])],
    });
    expect(message).toBe(
      'delete deployments.apps "checkout" in namespace payments is not in the scope of grant grant-1 ' +
        '(it allows only: change (patch) deployment checkout in payments; ' +
        'read (get, list, watch) deployment checkout in payments). To ask for it: ' +
        'drawbridge request --connection prod-eks --rule verbs=delete,apiGroups=apps,' +
        'resources=deployments,namespaces=payments,names=checkout --duration 15m --reason "…"',
    );
  });

  it.each([
    ['not_in_scope', `DELETE ${deployments}/checkout`],
    ['token_request_refused', 'POST /api/v1/namespaces/payments/serviceaccounts/a/token'],
    ['path_not_allowed', 'GET /metrics'],
  ])('belongs to the session of the nearest grant: %s', (reason, call) => {
    const decision = decide(call, { open: [grant([restart])] });
    expect(decision).toMatchObject({ reason, grant: { accessRequestId: 'request-1' } });
  });

  it('T24 stays short, however much the grant allows', () => {
    const names = Array.from({ length: 100 }, (_, index) => 'n'.repeat(240) + String(index));
    const verbs = Array.from({ length: 100 }, (_, index) => `verb${String(index)}`);
    const rules = [{ ...restart, verbs, resourceNames: names }];
    const { message } = decide('GET /api/v1/pods', { open: [grant(rules)] });
    expect(message.length).toBeLessThan(3_000);
  });

  it('T18 stays refused when two grants would allow it only together', () => {
    const verbs = grant([{ ...everything, verbs: ['delete'], namespaces: ['default'] }]);
    const place = grant([{ ...everything, verbs: ['get'], namespaces: ['payments'] }]);
    const call = 'DELETE /api/v1/namespaces/payments/pods/web-0';
    expect(decide(call, { open: [verbs, place] })).toMatchObject({ reason: 'not_in_scope' });
  });
});

describe('without an open grant', () => {
  const call = `GET ${deployments}/checkout`;
  const end = Date.parse('2026-01-05T09:15:00.000Z');

  it('there is none', () => {
    expect(decide(call, {})).toMatchObject({ effect: 'deny', reason: 'no_grant' });
  });

  it.each(['grant_expired', 'grant_revoked', 'grant_withdrawn'] as const)(
    'the one that ended is named: %s',
    (reason) => {
      const decision = decide(call, { lastEnded: { grant: grant([restart]), reason } });
      expect(decision).toMatchObject({ effect: 'deny', reason });
      expect(decision.message).toContain('grant-1');
    },
  );

  it.each([
    [end - 1, 'in_scope'],
    [end, 'grant_expired'],
    [end + 1, 'grant_expired'],
  ])('at %i, by the clock alone, it is %s', (time, reason) => {
    expect(decide(call, { open: [grant([restart])], at: new Date(time) })).toMatchObject({
      reason,
    });
  });

  const later = (startsIn: number, issuedIn: number) =>
    grant([restart], {
      startsAtMs: now.getTime() + startsIn,
      issuedAtMs: now.getTime() + issuedIn,
    });

  it.each([
    ['for now, by a clock that is ahead of ours', later(10_000, 10_000), 'in_scope'],
    ['for now, further ahead than clocks differ', later(10_001, 10_001), 'grant_not_started'],
    ['for later, and it is not yet then', later(1, -60_000), 'grant_not_started'],
    ['for later, and it is then', later(0, -60_000), 'in_scope'],
  ])('issued %s: %s', (_, one, reason) => {
    expect(decide(call, { open: [one] })).toMatchObject({ reason });
  });

  it.each([
    ['that was issued for later opens by the earlier one', later(0, -60_000), 'grant_not_started'],
    ['that was issued for now is open', later(0, 0), 'in_scope'],
  ])('while two clocks differ, a grant %s', (_, one, reason) => {
    const earliest = () => new Date(now.getTime() - 1);
    expect(decide(call, { open: [one], earliest })).toMatchObject({ reason });
  });

  it('not even discovery is allowed', () => {
    expect(decide('GET /api', {})).toMatchObject({ reason: 'no_grant' });
  });
});

describe('a path that is no resource', () => {
  it.each(
    ['/api', '/apis', '/api/v1', '/apis/apps', '/apis/apps/v1', '/version', '/openapi/v2'].concat([
      '/openapi/v3',
      '/openapi/v3/apis/apps/v1',
      '/healthz',
      '/livez',
      '/readyz',
    ]),
  )('%s may be read with any grant', (path) => {
    expect(decide(`GET ${path}`, { open: [grant([restart])] })).toMatchObject({
      effect: 'allow',
      reason: 'discovery',
    });
  });

  it.each([
    'GET /',
    'GET /metrics',
    'GET /logs/kube-apiserver.log',
    'GET /debug/pprof/heap',
    'GET /healthz/etcd',
    'GET /version/x',
    'GET /openapi2',
    'GET /.well-known/openid-configuration',
    'GET /openid/v1/jwks',
    'POST /api',
    'PUT /version',
    'DELETE /apis/apps/v1',
    'OPTIONS /apis',
  ])('%s may not, whatever the grant', (call) => {
    expect(decide(call, { open: [grant([everything])] })).toMatchObject({
      effect: 'deny',
      reason: 'path_not_allowed',
    });
  });
});

describe('what no grant can allow', () => {
  const pod = '/api/v1/namespaces/payments/pods/web-0';
  it.each([
    ['proxy_subresource_refused', `GET ${pod}/proxy/`],
    ['proxy_subresource_refused', 'GET /api/v1/nodes/n1/proxy/run'],
    [
      'proxy_subresource_refused',
      'POST /api/v1/namespaces/payments/services/https:web:443/proxy/x',
    ],
    ['proxy_subresource_refused', 'GET /api/v1/proxy/nodes/n1/exec'],
    ['verb_unknown', `OPTIONS ${pod}`],
    ['verb_unknown', 'DELETE /api/v1/watch/namespaces/payments/pods'],
    ['token_request_refused', 'POST /api/v1/namespaces/payments/serviceaccounts/default/token'],
    ['token_request_refused', 'GET /api/v1/namespaces/payments/serviceaccounts/default/token'],
  ])('is refused with %s: %s', (reason, call) => {
    expect(decide(call, { open: [grant([everything])] })).toMatchObject({ effect: 'deny', reason });
  });

  it.each(['exec', 'attach', 'portforward'])(
    'T9 a GET of %s is a create: a rule for reading does not cover it',
    (subresource) => {
      const read = { ...everything, verbs: ['get', 'list', 'watch'] };
      expect(decide(`GET ${pod}/${subresource}`, { open: [grant([read])] })).toMatchObject({
        reason: 'not_in_scope',
      });
      for (const method of ['GET', 'POST']) {
        const open = [grant([{ ...everything, verbs: ['create'] }])];
        expect(decide(`${method} ${pod}/${subresource}`, { open }).effect).toBe('allow');
      }
    },
  );
});

describe('the line that asks for it', () => {
  it('is quoted for a shell', () => {
    const { message } = decide("GET /api/v1/namespaces/payments/pods/a'$(x)", {
      open: [grant([restart])],
    });
    expect(message).toContain(
      `--rule 'verbs=get,resources=pods,namespaces=payments,names=a'\\''$(x)'`,
    );
  });

  it('asks for all namespaces where the call is over all', () => {
    expect(decide('GET /api/v1/nodes', { open: [grant([restart])] }).message).toContain(
      "--rule 'verbs=list,resources=nodes,namespaces=*'",
    );
  });
});
