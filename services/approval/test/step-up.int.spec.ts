import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { ApprovalView, Problem, type Principal } from '@drawbridge/contracts';
import { freePort } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  buttonsOf,
  startWorld,
  type Replica,
  type ReplicaOptions,
  type World,
} from './approval-world.js';
import { startFakeIssuer, type FakeIssuer, type IdTokenChanges } from './fake-issuer.js';
import { alice, bob, dana, erin, stepsOf } from './sample-events.js';

const stepUp = { maxAgeSeconds: 300, acr: ['phr'], amr: ['hwk'] };
const approval = stepsOf({
  order: 'parallel',
  steps: [{ type: 'humans', name: 'on-call', count: 2, groups: ['sre-oncall'] }],
  stepUp,
});
const ADDRESS = 'https://approvals.corp.test';

let issuer: FakeIssuer;
let world: World;
let service: Replica;
let other: Replica;
let requestId: string;
let clockOffsetMs = 0;

beforeAll(async () => {
  issuer = await startFakeIssuer();
  world = await startWorld({ issuers: [issuer.trusted], documents: [issuer.document] });
  const keyFile = join(tmpdir(), `drawbridge-step-up-${randomUUID()}`);
  await writeFile(keyFile, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const env = { PUBLIC_URL: ADDRESS, STEP_UP_KEY_FILE: keyFile };
  const clock = () => new Date(Date.now() + clockOffsetMs);
  const start = async (options: ReplicaOptions): Promise<Replica> => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const started = await world.start({ ...options, env: { ...env, HTTP_PORT: String(port) } });
    return { ...started, url, slackUrl: `${url}/slack/events` };
  };
  service = await start({ clock });
  other = await start({});
});
afterAll(async () => {
  await world.stop();
  await issuer.close();
});
beforeEach(async () => {
  clockOffsetMs = 0;
  requestId = await world.ask({ approval, reason: 'the <b>probe</b> fails' });
  await world.eventOf(requestId, 'ApprovalRequested');
});

interface Answer {
  readonly status: number;
  readonly page: string;
  readonly headers: Headers;
  readonly location: string;
}

/** Just enough of a browser: it keeps the one cookie. */
class Browser {
  cookie = '';

  constructor(private readonly at: () => Replica = () => service) {}

  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = this.cookie === '' ? {} : { cookie: this.cookie };
    const url = `${this.#base()}/v1/step-up/${path}`;
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    const [kept] = (response.headers.get('set-cookie') ?? '').split(';');
    if (kept !== undefined && kept !== '') this.cookie = kept;
    return {
      status: response.status,
      page: await response.text(),
      headers: response.headers,
      location: response.headers.get('location') ?? '',
    };
  }

  open = async (id = requestId) => (await this.send(id)).location;
  back = (query: string) => this.send(`callback${query}`);
  confirm = (sealed: string) =>
    this.send('confirm', { method: 'POST', body: new URLSearchParams({ sealed }) });

  async logIn(person: Principal, changes?: IdTokenChanges): Promise<Answer> {
    return this.back(issuer.logIn(await this.open(), person, changes));
  }

  #base = () => this.at().url;
}

const sealedOf = ({ page }: Answer) => /name="sealed" value="([^"]+)"/.exec(page)?.[1] ?? '';
const approvals = async (id = requestId) =>
  (await world.history(id)).flatMap(({ event }) =>
    event.type === 'ApprovalGiven' ? [event.data] : [],
  );
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

describe('an approval with a fresh login', () => {
  it('is asked of the issuer, shown whole, and recorded with what the login proved', async () => {
    const browser = new Browser();
    const started = await browser.send(requestId);
    expect(started.status).toBe(302);
    expect(started.headers.get('set-cookie')).toMatch(
      /^__Host-drawbridge-step-up=[^;]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    const asked = Object.fromEntries(new URL(started.location).searchParams);
    expect(asked).toMatchObject({
      client_id: 'drawbridge-approvals',
      response_type: 'code',
      redirect_uri: `${ADDRESS}/v1/step-up/callback`,
      scope: 'openid',
      prompt: 'login',
      max_age: '300',
      acr_values: 'phr',
      code_challenge_method: 'S256',
    });
    const shown = await browser.back(issuer.logIn(started.location, alice));
    expect(shown.status).toBe(200);
    expect(shown.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src/);
    for (const words of ['Approve as alice@corp.test', 'prod-eks', '15 minutes', 'INC-4211'])
      expect(shown.page).toContain(words);
    expect(shown.page).toContain('the &#60;b&#62;probe&#60;/b&#62; fails');
    expect(await approvals()).toEqual([]);
    const done = await browser.confirm(sealedOf(shown));
    expect(done).toMatchObject({ status: 200 });
    expect(done.page).toContain('1 of sre-oncall');
    const [given] = await approvals();
    expect(given).toMatchObject({
      approver: issuer.known(alice),
      via: 'step_up',
      seen: 0,
      proof: { issuer: issuer.issuer, acr: 'phr', amr: ['hwk'] },
    });
  });

  it('may end on another replica that shares the key', async () => {
    const browser = new Browser();
    const elsewhere = new Browser(() => other);
    const location = await browser.open();
    elsewhere.cookie = browser.cookie;
    const shown = await elsewhere.back(issuer.logIn(location, alice));
    browser.cookie = elsewhere.cookie;
    expect((await browser.confirm(sealedOf(shown))).status).toBe(200);
    expect(await approvals()).toHaveLength(1);
  });

  it('tells whoever had approved so, and approves nothing again', async () => {
    for (const words of ['Approve this access?', 'approved this request already']) {
      const browser = new Browser();
      const shown = await browser.logIn(alice);
      expect(shown.page).toContain(words);
      if (sealedOf(shown) !== '') await browser.confirm(sealedOf(shown));
    }
    expect(await approvals()).toHaveLength(1);
  });
});

/** Whoever is refused is shown nothing of the request. */
const refused = (answer: Answer, status: number, code: string) => {
  expect(answer.page).toContain(code);
  expect(answer.status).toBe(status);
  expect(answer.page).not.toContain('prod-eks');
};

describe('a login that is not good enough', () => {
  it.each([
    ['is of ten minutes ago', { auth_time: secondsAgo(600) }, 'step_up_too_old'],
    ['is of a weaker kind', { acr: 'pwd', amr: ['pwd'] }, 'step_up_too_weak'],
    ['says nothing of its kind', { acr: undefined, amr: undefined }, 'step_up_too_weak'],
    ['does not say when it was', { auth_time: undefined }, 'step_up_login_failed'],
    ['is to come', { auth_time: secondsAgo(-600) }, 'step_up_login_failed'],
    ['is for another client', { aud: 'another-client' }, 'step_up_login_failed'],
    ['is for the API', { aud: 'drawbridge' }, 'step_up_login_failed'],
    ['is of another issuer', { iss: 'https://evil.test' }, 'step_up_login_failed'],
    ['is over', { exp: secondsAgo(600) }, 'step_up_login_failed'],
    ['belongs to another flow', { nonce: 'another' }, 'step_up_login_failed'],
    ['is of nobody', { sub: '' }, 'token_claims_invalid'],
    ['is of an agent', { principal_type: 'agent', owner: 'x' }, 'approver_not_human'],
    ['is of somebody unverified', { email_verified: false }, 'token_claims_invalid'],
  ])('is refused with words when it %s', async (_what, claims, code) => {
    const answer = await new Browser().logIn(alice, { claims });
    refused(answer, 403, code);
    expect(await approvals()).toEqual([]);
  });

  it.each([
    ['an access token', { typ: 'at+jwt' }],
    ['signed by somebody else', { stranger: true }],
  ])('is refused when the ID token is %s', async (_what, changes) => {
    refused(await new Browser().logIn(alice, changes), 403, 'step_up_login_failed');
  });

  it('is offered again', async () => {
    const answer = await new Browser().logIn(alice, { claims: { acr: 'pwd', amr: ['pwd'] } });
    expect(answer.page).toContain(`href="${requestId}"`);
    expect(answer.page).toContain('with a second factor');
  });

  it.each([
    ['the owner', dana, 403, 'owner_approval'],
    ['somebody else', erin, 403, 'approver_not_in_group'],
  ])('does not make an approver of %s', async (...[, person, status, code]) => {
    refused(await new Browser().logIn(person), status, code);
  });

  it('counts only as long as it is fresh', async () => {
    const browser = new Browser();
    const shown = await browser.logIn(alice, { claims: { auth_time: secondsAgo(200) } });
    clockOffsetMs = 110_000;
    refused(await browser.confirm(sealedOf(shown)), 403, 'step_up_too_old');
    expect(await approvals()).toEqual([]);
  });
});

describe('a flow of somebody else', () => {
  it('is refused without the cookie of the browser that began it', async () => {
    const query = issuer.logIn(await new Browser().open(), alice);
    refused(await new Browser().back(query), 400, 'step_up_state_invalid');
  });

  it('is refused with the cookie of another flow', async () => {
    const query = issuer.logIn(await new Browser().open(), alice);
    const attacker = new Browser();
    await attacker.open();
    refused(await attacker.back(query), 400, 'step_up_state_invalid');
  });

  it('is refused when its code comes with the state of another', async () => {
    const browser = new Browser();
    const location = await browser.open();
    const code = new URLSearchParams(issuer.logIn(await new Browser().open(), alice)).get('code');
    const state = new URL(location).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ code: code ?? '', state });
    refused(await browser.back(`?${query.toString()}`), 403, 'step_up_login_failed');
  });

  it('is refused after ten minutes, and when its code was used', async () => {
    const late = new Browser();
    const query = issuer.logIn(await late.open(), alice);
    clockOffsetMs = 601_000;
    refused(await late.back(query), 400, 'step_up_state_invalid');
    clockOffsetMs = 0;
    const browser = new Browser();
    const location = await browser.open();
    const { cookie } = browser;
    const once = issuer.logIn(location, alice);
    expect((await browser.back(once)).status).toBe(200);
    browser.cookie = cookie;
    refused(await browser.back(once), 403, 'step_up_login_failed');
  });

  it('is refused when the human said no', async () => {
    const browser = new Browser();
    const state = new URL(await browser.open()).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error: 'access_denied', state });
    refused(await browser.back(`?${query.toString()}`), 403, 'step_up_login_failed');
  });
});

describe('a yes on the page', () => {
  it('counts only from the browser that logged in', async () => {
    const victim = await new Browser().logIn(alice);
    const attacker = new Browser();
    await attacker.logIn(bob);
    refused(await attacker.confirm(sealedOf(victim)), 400, 'step_up_state_invalid');
    refused(await new Browser().confirm(sealedOf(victim)), 400, 'step_up_state_invalid');
    expect(await approvals()).toEqual([]);
  });

  it.each([
    ['there', () => service],
    ['on another replica', () => other],
  ])('counts once, also when it was taken back since, %s', async (_, again) => {
    let at = service;
    const browser = new Browser(() => at);
    const shown = await browser.logIn(alice);
    const { cookie } = browser;
    await browser.confirm(sealedOf(shown));
    const headers = { authorization: `Bearer ${await bearer(alice)}` };
    const url = `${service.url}/v1/access-requests/${requestId}/take-back`;
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
    browser.cookie = cookie;
    at = again();
    refused(await browser.confirm(sealedOf(shown)), 400, 'step_up_state_invalid');
    expect(await approvals()).toHaveLength(1);
  });

  it.each(['', 'sealed', 'a.b.c.d.e'])('is refused when it says "%s"', async (sealed) => {
    const browser = new Browser();
    await browser.logIn(alice);
    refused(await browser.confirm(sealed), 400, 'step_up_state_invalid');
  });

  it('is refused when the flow is sent instead of it', async () => {
    const browser = new Browser();
    const shown = await browser.logIn(alice);
    const flow = new Browser();
    await flow.open();
    refused(await browser.confirm(flow.cookie.split('=')[1] ?? ''), 400, 'step_up_state_invalid');
    expect((await browser.confirm(sealedOf(shown))).status).toBe(400);
  });

  it('counts for what was shown only', async () => {
    const browser = new Browser();
    const shown = await browser.logIn(alice);
    const narrowed = await approve(await bearer(bob), { durationSeconds: 300 });
    expect(narrowed.status).toBe(200);
    refused(await browser.confirm(sealedOf(shown)), 409, 'terms_changed');
  });

  it('is not read when it is too large', async () => {
    const answer = await new Browser().confirm('x'.repeat(70_000));
    expect(answer.status).toBe(413);
  });
});

const bearer = (person: Principal, claims: object = {}) => {
  const { subject: sub, email, groups, kind } = person;
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, exp: now + 300, auth_time: now };
  const about = { iss: issuer.issuer, aud: 'drawbridge', sub, email, groups, principal_type: kind };
  return issuer.sign({ ...times, ...about, acr: 'phr', ...claims }, { typ: 'at+jwt' });
};
const approve = async (token: string, body: object = {}) => {
  const response = await fetch(`${service.url}/v1/access-requests/${requestId}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const json: unknown = await response.json();
  const challenge = response.headers.get('www-authenticate');
  return response.ok
    ? { status: response.status, view: ApprovalView.parse(json), challenge }
    : { status: response.status, code: Problem.parse(json).code, challenge };
};

describe('an approval with a token (RFC 9470)', () => {
  it.each([
    ['of another login', { auth_time: undefined }, 'step_up_required'],
    ['of an old login', { auth_time: secondsAgo(600) }, 'step_up_too_old'],
    ['of a weak login', { acr: 'pwd' }, 'step_up_too_weak'],
  ])('is refused when it is %s, and says which login it needs', async (_what, claims, code) => {
    const answer = await approve(await bearer(alice, claims));
    expect(answer).toMatchObject({ status: 401, code });
    expect(answer.challenge).toMatch(
      /^Bearer realm="drawbridge", error="insufficient_user_authentication", error_description="[^"]+", max_age="300", acr_values="phr"$/,
    );
    expect(await approvals()).toEqual([]);
  });

  it('counts with a fresh one', async () => {
    const answer = await approve(await bearer(alice));
    expect(answer.status).toBe(200);
    expect(answer.view?.stepUpUrl).toBe(`${ADDRESS}/v1/step-up/${requestId}`);
    expect(await approvals()).toMatchObject([{ via: 'http', proof: { acr: 'phr' } }]);
  });

  it('is not for an ID token, nor for whoever may not approve', async () => {
    expect(await approve(await bearer(alice, { aud: 'drawbridge-approvals' }))).toMatchObject({
      status: 401,
      code: 'token_audience_wrong',
    });
    expect(await approve(await bearer(erin, { auth_time: undefined }))).toMatchObject({
      status: 403,
      code: 'approver_not_in_group',
      challenge: null,
    });
  });
});

describe('in Slack', () => {
  it('the card leads to the login, and a click alone approves nothing', async () => {
    const card = await world.card(requestId, 'Approving needs a fresh login');
    expect(buttonsOf(card)).toEqual([
      'drawbridge_approve_log_in',
      'drawbridge_deny',
      'drawbridge_more',
    ]);
    expect(JSON.stringify(card.blocks)).toContain(`"url":"${ADDRESS}/v1/step-up/${requestId}"`);
    const click = { user: 'alice', message: card, callbackUrl: service.slackUrl } as const;
    expect(
      (await world.slack.clickButton({ ...click, actionId: 'drawbridge_approve_log_in' })).status,
    ).toBe(200);
    expect(await approvals()).toEqual([]);
  });

  it('a forged press of the button that is not there approves nothing', async () => {
    const plain = await world.ask({ approval: stepsOf({ order: 'parallel' }) });
    const card = await world.card(plain);
    // The card of another request, whose button is made to name this one.
    const forged = JSON.parse(JSON.stringify(card).replaceAll(plain, requestId)) as typeof card;
    const mine = await world.card(requestId);
    const message = { ...forged, ts: mine.ts };
    const actionId = 'drawbridge_approve';
    await world.slack.clickButton({
      user: 'alice',
      message,
      actionId,
      callbackUrl: service.slackUrl,
    });
    await eventually(() => {
      const told = world.slack.ephemerals('alice').map(({ text }) => text);
      if (!told.some((text) => text.includes('logged in just before')))
        throw new Error(`alice was told ${JSON.stringify(told)}`);
    });
    expect(await approvals()).toEqual([]);
  });

  it('a denial needs no login', async () => {
    const headers = { Authorization: await world.tokens.bearer(bob) };
    const url = `${service.url}/v1/access-requests/${requestId}/deny`;
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
    await world.eventOf(requestId, 'AccessRequestRejected');
  });
});

describe('a link', () => {
  it('that is not whole is refused, and one of an unknown request says nothing', async () => {
    const answer = await new Browser().send('not-an-id');
    expect(answer.status).toBe(400);
    const unknown = new Browser();
    const location = await unknown.open(randomUUID());
    expect(location).toContain(`${issuer.issuer}/auth?`);
    refused(await unknown.back(issuer.logIn(location, alice)), 404, 'approval_unknown');
  });

  it('to an issuer that nobody configured is refused', async () => {
    const answer = await new Browser().send(`${requestId}?issuer=https://evil.test`);
    refused(answer, 503, 'step_up_not_possible');
  });
});
