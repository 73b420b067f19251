import { randomBytes } from 'node:crypto';
import { WebClient } from '@slack/web-api';
import { demoPeople } from '../oidc/demo-people.js';

export const APP_ID = 'A0DRAWBRDG';
const BOT_ID = 'B0DRAWBRDG';
export const BOT_USER_ID = 'U0DRAWBRDG';
export const CHANNEL = 'drawbridge-approvals';
/** Of a team, to route cards to. */
const TEAM_CHANNEL = 'payments-approvals';
/** What the app manifest asks for; the emulator refuses calls beyond it. */
const SCOPES = [
  ...['chat:write', 'commands', 'channels:history', 'groups:history'],
  ...['im:write', 'im:history'],
];

/** First name of a human of the demo, in lower case. */
export type DemoSlackUser = 'alice' | 'bob' | 'dana' | 'erin';

/** The demo's workspace, with its humans, one channel and the Drawbridge app installed. */
export function workspaceSeed(botToken: string, directoryToken: string) {
  return {
    // Without this the emulator adds a well-known administrator token.
    tokens: {},
    slack: {
      strict_scopes: true,
      team: { name: 'Drawbridge demo', domain: 'drawbridge-demo' },
      users: demoPeople.humans.map(({ name, email }) => ({
        name: name.toLowerCase(),
        real_name: name,
        email,
      })),
      channels: [
        { name: CHANNEL, topic: 'Agents ask, humans decide' },
        { name: TEAM_CHANNEL, topic: 'What agents ask of payments' },
      ],
      oauth_apps: [
        {
          app_id: APP_ID,
          client_id: 'drawbridge.demo',
          client_secret: randomBytes(16).toString('hex'),
          name: 'Drawbridge',
          redirect_uris: [],
          scopes: SCOPES,
          bot_id: BOT_ID,
          bot_user_id: BOT_USER_ID,
          bot_name: 'drawbridge',
        },
      ],
      tokens: [
        {
          token: botToken,
          type: 'bot',
          user_id: BOT_USER_ID,
          app_id: APP_ID,
          bot_id: BOT_ID,
          bot_user_id: BOT_USER_ID,
          scopes: SCOPES,
        },
        // Ours, to look up ids; the app has no right to.
        { token: directoryToken, type: 'user', scopes: ['channels:read', 'users:read'] },
      ],
    },
  };
}

export interface Directory {
  readonly teamId: string;
  readonly channelId: string;
  readonly teamChannelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
}

/** The emulator chooses the ids of workspace, channel and users; they are asked for at start. */
export async function readDirectory(emulatorUrl: string, token: string): Promise<Directory> {
  const web = client(emulatorUrl, token);
  const [auth, channels, users] = await Promise.all([
    web.auth.test(),
    web.conversations.list(),
    web.users.list({}),
  ]);
  const channelId = (wanted: string) =>
    required(channels.channels?.find(({ name }) => name === wanted)?.id, wanted);
  const userId = (name: DemoSlackUser) =>
    required(users.members?.find((member) => member.name === name)?.id, name);
  return {
    teamId: required(auth.team_id, 'team'),
    channelId: channelId(CHANNEL),
    teamChannelId: channelId(TEAM_CHANNEL),
    users: {
      alice: userId('alice'),
      bob: userId('bob'),
      dana: userId('dana'),
      erin: userId('erin'),
    },
  };
}

function required(id: string | undefined, what: string): string {
  if (id === undefined) throw new Error(`the Slack emulator has no "${what}"`);
  return id;
}

/** Calls to the emulator itself. */
export const client = (url: string, token: string): WebClient =>
  new WebClient(token, { slackApiUrl: `${url}/api/`, retryConfig: { retries: 0 } });
