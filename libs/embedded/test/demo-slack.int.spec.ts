import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isValidSlackRequest } from '@slack/bolt';
import { WebClient, WebAPIHTTPError, WebAPIPlatformError } from '@slack/web-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoSlack, type DemoSlack } from '../src/index.js';

const blocks = [
  {
    type: 'actions',
    block_id: 'decision',
    elements: [
      { type: 'button', action_id: 'ok', value: 'r1', text: { type: 'plain_text', text: 'OK' } },
    ],
  },
];
const option = (value: string) => ({ text: { type: 'plain_text' as const, text: value }, value });
const metadata = { event_type: 'demo', event_payload: { request_id: 'r1' } };

let slack: DemoSlack;
let app: WebClient;
const received: { headers: Record<string, unknown>; body: string }[] = [];
const callback = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    response.end('seen');
  });
});
let callbackUrl: string;

const clientOf = (token: string) =>
  new WebClient(token, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } });

beforeAll(async () => {
  slack = await startDemoSlack();
  app = clientOf(slack.botToken);
  await new Promise<void>((resolve) => callback.listen(0, '127.0.0.1', resolve));
  callbackUrl = `http://127.0.0.1:${(callback.address() as AddressInfo).port}/slack/events`;
});
afterAll(async () => {
  await slack.close();
  callback.close();
});

const payloadOf = (body: string) =>
  JSON.parse(new URLSearchParams(body).get('payload') ?? '') as Record<string, unknown>;

const isSigned = (
  headers: Record<string, unknown>,
  body: string,
  signingSecret = slack.signingSecret,
) =>
  isValidSlackRequest({
    signingSecret,
    body,
    headers: {
      'x-slack-signature': String(headers['x-slack-signature']),
      'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
    },
  });

async function post(): Promise<string> {
  const text = `card ${crypto.randomUUID()}`;
  const { ts = '' } = await app.chat.postMessage({
    channel: slack.channelId,
    text,
    blocks,
    metadata,
  });
  return ts;
}
async function messageAt(ts: string) {
  const message = (await slack.messages()).find((one) => one.ts === ts);
  if (message === undefined) throw new Error(`no message ${ts}`);
  return message;
}

describe('the demo Slack', () => {
  it('knows the app by its token alone, with no more than its scopes', async () => {
    await expect(app.auth.test()).resolves.toMatchObject({
      team_id: slack.teamId,
      bot_id: 'B0DRAWBRDG',
    });
    await expect(clientOf('xoxb-other').auth.test()).rejects.toThrow(WebAPIPlatformError);
    await expect(app.users.list({})).rejects.toThrow(/missing_scope/);
  });

  it('keeps blocks and metadata of a message', async () => {
    const ts = await post();
    expect(await messageAt(ts)).toMatchObject({ blocks, metadata, user: 'U0DRAWBRDG' });
  });

  it('presses a button with a signed interaction that Bolt believes', async () => {
    const ts = await post();
    const click = {
      user: 'alice',
      message: await messageAt(ts),
      actionId: 'ok',
      callbackUrl,
    } as const;
    const answer = await slack.clickButton(click);
    expect(answer).toMatchObject({ status: 200, body: 'seen' });
    const { headers, body } = received.at(-1)!;
    expect(isSigned(headers, body)).toBe(true);
    expect(isSigned(headers, body, 'other')).toBe(false);
    expect(payloadOf(body)).toMatchObject({
      type: 'block_actions',
      user: { id: slack.users.alice, team_id: slack.teamId },
      team: { id: slack.teamId },
      api_app_id: slack.appId,
      container: { message_ts: ts, channel_id: slack.channelId },
      actions: [{ action_id: 'ok', block_id: 'decision', value: 'r1' }],
    });
  });

  it('replays the very same bytes', async () => {
    const message = await messageAt(await post());
    const { sent } = await slack.clickButton({ user: 'bob', message, actionId: 'ok', callbackUrl });
    await slack.replay(sent);
    const [first, second] = received.slice(-2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['x-slack-signature']).toBe(first?.headers['x-slack-signature']);
  });

  it('opens a dialog once per trigger and submits what was typed', async () => {
    const message = await messageAt(await post());
    await slack.clickButton({ user: 'erin', message, actionId: 'ok', callbackUrl });
    const trigger_id = String(payloadOf(received.at(-1)!.body)['trigger_id']);
    const view = {
      type: 'modal' as const,
      callback_id: 'why',
      private_metadata: 'r1',
      title: { type: 'plain_text' as const, text: 'Why?' },
      submit: { type: 'plain_text' as const, text: 'Send' },
      blocks: [
        {
          type: 'input' as const,
          block_id: 'reason_block',
          label: { type: 'plain_text' as const, text: 'Reason' },
          element: { type: 'plain_text_input' as const, action_id: 'reason' },
        },
        {
          type: 'input' as const,
          block_id: 'time_block',
          label: { type: 'plain_text' as const, text: 'Time' },
          element: {
            type: 'radio_buttons' as const,
            action_id: 'time',
            options: [option('60'), option('300')],
            initial_option: option('300'),
          },
        },
        {
          type: 'input' as const,
          block_id: 'rules_block',
          label: { type: 'plain_text' as const, text: 'Rules' },
          element: {
            type: 'checkboxes' as const,
            action_id: 'rules',
            options: [option('1'), option('2')],
          },
        },
      ],
    };
    await app.views.open({ trigger_id, view });
    await expect(app.views.open({ trigger_id, view })).rejects.toThrow(/exchanged_trigger_id/);
    const opened = slack.openedViews().at(-1)!;
    expect(opened).toMatchObject({ callback_id: 'why', private_metadata: 'r1' });
    await slack.submitModal({
      user: 'erin',
      view: opened,
      values: { reason_block: { reason: 'no' }, rules_block: { rules: ['2'] } },
      callbackUrl,
    });
    expect(payloadOf(received.at(-1)!.body)).toMatchObject({
      type: 'view_submission',
      user: { id: slack.users.erin },
      view: {
        callback_id: 'why',
        private_metadata: 'r1',
        state: {
          values: {
            reason_block: { reason: { type: 'plain_text_input', value: 'no' } },
            time_block: { time: { type: 'radio_buttons', selected_option: option('300') } },
            rules_block: { rules: { type: 'checkboxes', selected_options: [option('2')] } },
          },
        },
      },
    });
  });

  it('shows ephemeral messages to one user', async () => {
    await app.chat.postEphemeral({
      channel: slack.channelId,
      user: slack.users.dana,
      text: 'psst',
    });
    expect(slack.ephemerals('dana').at(-1)).toMatchObject({ text: 'psst' });
    expect(slack.ephemerals('alice').map(({ text }) => text)).not.toContain('psst');
  });

  it('fails as planned: refused before, or done and the answer lost', async () => {
    const count = async () => (await slack.messages()).length;
    const before = await count();
    slack.failWith((method) =>
      method === 'chat.postMessage' ? { type: 'answer', status: 500 } : undefined,
    );
    await expect(post()).rejects.toThrow(WebAPIHTTPError);
    expect(await count()).toBe(before);
    slack.failWith(() => ({ type: 'lost_answer' }));
    const impatient = new WebClient(slack.botToken, {
      slackApiUrl: slack.apiUrl,
      retryConfig: { retries: 0 },
      // Long enough for the request itself.
      timeout: 2_000,
    });
    const lost = impatient.chat.postMessage({ channel: slack.channelId, text: 'lost' });
    await expect(lost).rejects.toThrow();
    slack.failWith(undefined);
    await expect.poll(async () => (await slack.messages())[0]?.text).toBe('lost');
  });

  it('refuses what Slack does not take, and keeps it in mind', async () => {
    const long = { type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } };
    const message = { channel: slack.channelId, text: 'card', blocks: [long] };
    await expect(app.chat.postMessage(message as never)).rejects.toThrow(/invalid_blocks/);
    expect(slack.problems.at(-1)).toMatch(/^chat.postMessage \/0\/text\/text: Too big/);
  });

  it('lets a trigger open a dialog for three seconds only', async () => {
    const message = await messageAt(await post());
    await slack.clickButton({ user: 'erin', message, actionId: 'ok', callbackUrl });
    const trigger_id = String(payloadOf(received.at(-1)!.body)['trigger_id']);
    const title = { type: 'plain_text' as const, text: 'Late' };
    const text = { type: 'header' as const, text: title };
    const open = () =>
      app.views.open({ trigger_id, view: { type: 'modal', title, blocks: [text] } });
    // Of the other failures that may come: each attempt in time would use it up.
    await delay(4_100);
    await expect(open()).rejects.toThrow(/expired_trigger_id/);
  });

  it('takes five answers at the address of an interaction, seen by one user', async () => {
    const message = await messageAt(await post());
    await slack.clickButton({ user: 'dana', message, actionId: 'ok', callbackUrl });
    const url = String(payloadOf(received.at(-1)!.body)['response_url']);
    const answer = async (body: unknown) =>
      (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
    expect(await answer({ text: 'x'.repeat(5_000) })).toBe(400);
    for (const text of ['1', '2', '3', '4', '5']) expect(await answer({ text })).toBe(200);
    expect(await answer({ text: '6' })).toBe(404);
    expect(slack.ephemerals('dana').at(-1)).toMatchObject({ text: '5' });
    expect((await fetch(`${url}x`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('asks to wait whoever calls a method too often', async () => {
    slack.limitCalls({ 'chat.postMessage': { calls: 1, perMs: 60_000 } });
    await post();
    const answer = await fetch(`${slack.apiUrl}chat.postMessage`, { method: 'POST' });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(30);
    await expect(app.auth.test()).resolves.toMatchObject({ ok: true });
    slack.limitCalls({});
    await post();
  });

  it('types a command, signed', async () => {
    await slack.command({ user: 'bob', text: 'list', callbackUrl });
    const { headers, body } = received.at(-1)!;
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      command: '/drawbridge',
      text: 'list',
      user_id: slack.users.bob,
      team_id: slack.teamId,
      api_app_id: slack.appId,
      response_url: expect.stringContaining('/response/') as string,
    });
    expect(isSigned(headers, body)).toBe(true);
  });

  it('tells of an event until it is taken, and says that it tells it again', async () => {
    let refusals = 2;
    const taken = createServer((request, response) => {
      received.push({ headers: request.headers, body: '' });
      response.writeHead(refusals-- > 0 ? 500 : 200).end();
    });
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const before = received.length;
    const answers = await slack.happen({
      user: 'bob',
      callbackUrl: `http://127.0.0.1:${(taken.address() as AddressInfo).port}/`,
      event: { type: 'app_home_opened', tab: 'home' },
      retryDelaysMs: [1, 1, 1, 1],
    });
    taken.close();
    expect(answers.map(({ status }) => status)).toStrictEqual([500, 500, 200]);
    const retries = received.slice(before).map(({ headers }) => headers['x-slack-retry-num']);
    expect(retries).toStrictEqual([undefined, '1', '2']);
    expect(received.at(-1)!.headers['x-slack-retry-reason']).toBe('http_error');
    const ids = answers.map(({ sent }) => (JSON.parse(sent.body) as { event_id: string }).event_id);
    expect(new Set(ids).size).toBe(1);
  });

  it('refuses to press what is not there', async () => {
    const message = await messageAt(await post());
    const click = { user: 'alice', message, actionId: 'nope', callbackUrl } as const;
    await expect(slack.clickButton(click)).rejects.toThrow('no button');
  });
});
