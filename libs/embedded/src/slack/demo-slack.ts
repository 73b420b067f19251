import { randomBytes } from 'node:crypto';
import { WebClient } from '@slack/web-api';
import { createEmulator } from 'emulate';
import { z } from 'zod';
import { demoPeople } from '../oidc/demo-people.js';
import {
  sendSigned,
  signRequest,
  type InteractionAnswer,
  type SignedRequest,
} from './signed-request.js';
import { SlackFront, type EphemeralMessage, type FaultPlan } from './slack-front.js';
import {
  blockActions,
  DemoSlackMessage,
  viewSubmission,
  type DemoSlackView,
  type Interaction,
  type Workspace,
} from './slack-payloads.js';

const APP_ID = 'A0DRAWBRDG';
const BOT_ID = 'B0DRAWBRDG';
const BOT_USER_ID = 'U0DRAWBRDG';
const CHANNEL = 'drawbridge-approvals';
/** What the app manifest asks for; the emulator refuses calls beyond it. */
const SCOPES = ['chat:write', 'channels:history', 'groups:history'];

/** First name of a human of the demo, in lower case. */
export type DemoSlackUser = 'alice' | 'bob' | 'dana' | 'erin';

export interface DemoSlackOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default any free port */
  readonly port?: number;
}

/** How an interaction differs from a genuine one, for tests. */
export interface Forgery {
  readonly signingSecret?: string;
  /** Unix seconds at which it claims to be signed. */
  readonly timestamp?: number;
  /** Changes the body before it is signed. */
  readonly edit?: (payload: Record<string, unknown>) => unknown;
}

export interface Click {
  readonly user: DemoSlackUser;
  readonly message: DemoSlackMessage;
  readonly actionId: string;
  /** The app's interactivity request URL, e.g. `http://127.0.0.1:7081/slack/events`. */
  readonly callbackUrl: string;
  readonly forge?: Forgery;
}

export interface Submission {
  readonly user: DemoSlackUser;
  readonly view: DemoSlackView;
  /** Values typed in, by block id and action id. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly callbackUrl: string;
  readonly forge?: Forgery;
}

/** A Slack workspace on this machine: the emulator's Web API, and signed interactions as Slack sends them. */
export interface DemoSlack {
  /** For `SLACK_API_URL`. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId: string;
  readonly channelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
  /** Web API methods called by the app, oldest first (the last 200). */
  readonly calls: readonly string[];
  /** The messages of the approval channel (or another one), newest first. */
  messages(channelId?: string): Promise<DemoSlackMessage[]>;
  /** What the app told this user alone, oldest first (the last 200 of all users). */
  ephemerals(user: DemoSlackUser): readonly EphemeralMessage[];
  /** Dialogs that the app opened, oldest first. */
  openedViews(): readonly DemoSlackView[];
  /** Presses a button of a message. */
  clickButton(click: Click): Promise<InteractionAnswer>;
  /** Submits a dialog. */
  submitModal(submission: Submission): Promise<InteractionAnswer>;
  /** Sends a request exactly as it was sent before. */
  replay(request: SignedRequest): Promise<InteractionAnswer>;
  /** From now on, calls fail as planned; `undefined` ends it. */
  failWith(plan: FaultPlan | undefined): void;
  close(): Promise<void>;
}

/** Starts a Slack stand-in with the demo's humans, one channel and the Drawbridge app installed. */
export async function startDemoSlack(options: DemoSlackOptions = {}): Promise<DemoSlack> {
  const botToken = `xoxb-demo-${randomBytes(16).toString('hex')}`;
  const directoryToken = `xoxp-demo-${randomBytes(16).toString('hex')}`;
  const seeded = seed(botToken, directoryToken);
  const emulator = await createEmulator({ service: 'slack', port: 0, seed: seeded });
  try {
    const { host = '127.0.0.1', port = 0 } = options;
    const front = await SlackFront.start({ host, port, target: emulator.url, botToken });
    const directory = await readDirectory(emulator.url, directoryToken);
    const close = async () => {
      await front.close();
      await emulator.close();
    };
    return new Demo({ front, emulatorUrl: emulator.url, botToken, directory, close });
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

interface DemoParts {
  readonly front: SlackFront;
  readonly emulatorUrl: string;
  readonly botToken: string;
  readonly directory: Directory;
  readonly close: () => Promise<void>;
}

class Demo implements DemoSlack {
  readonly apiUrl: string;
  readonly botToken: string;
  readonly signingSecret = randomBytes(16).toString('hex');
  readonly teamId: string;
  readonly appId = APP_ID;
  readonly channelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
  readonly close: () => Promise<void>;
  readonly #front: SlackFront;
  readonly #client: WebClient;

  constructor({ front, emulatorUrl, botToken, directory, close }: DemoParts) {
    this.apiUrl = `${front.url}/api/`;
    this.botToken = botToken;
    this.teamId = directory.teamId;
    this.channelId = directory.channelId;
    this.users = directory.users;
    this.close = close;
    this.#front = front;
    this.#client = client(emulatorUrl, botToken);
  }

  get calls(): readonly string[] {
    return this.#front.calls;
  }

  async messages(channelId = this.channelId): Promise<DemoSlackMessage[]> {
    const answer = await this.#client.conversations.history({ channel: channelId, limit: 999 });
    return z.array(DemoSlackMessage).parse(answer.messages);
  }

  ephemerals(user: DemoSlackUser): readonly EphemeralMessage[] {
    return this.#front.ephemerals.filter((message) => message.user === this.users[user]);
  }

  openedViews(): readonly DemoSlackView[] {
    return this.#front.opened.map(({ view }) => view);
  }

  async clickButton({ user, callbackUrl, forge, ...pressed }: Click): Promise<InteractionAnswer> {
    const payload = blockActions(await this.#interaction(user), pressed);
    return this.#send(callbackUrl, payload, forge);
  }

  async submitModal(submission: Submission): Promise<InteractionAnswer> {
    const { user, view, values, callbackUrl, forge } = submission;
    const payload = viewSubmission(await this.#interaction(user), view, values);
    return this.#send(callbackUrl, payload, forge);
  }

  replay(request: SignedRequest): Promise<InteractionAnswer> {
    return sendSigned(request);
  }

  failWith(plan: FaultPlan | undefined): void {
    this.#front.plan = plan ?? (() => undefined);
  }

  async #interaction(user: DemoSlackUser): Promise<Interaction> {
    const id = this.users[user];
    const answer = await this.#client.apiCall('views.generateTriggerId', { user_id: id });
    const { trigger_id: triggerId } = z.looseObject({ trigger_id: z.string() }).parse(answer);
    return { workspace: this.#workspace(), user: { id, name: user }, triggerId };
  }

  #workspace(): Workspace {
    const { teamId, appId, channelId } = this;
    return { teamId, appId, channelId, channelName: CHANNEL };
  }

  #send(url: string, payload: Record<string, unknown>, forge: Forgery = {}) {
    const edited = forge.edit === undefined ? payload : forge.edit(payload);
    const signing = {
      signingSecret: forge.signingSecret ?? this.signingSecret,
      timestamp: forge.timestamp ?? Math.floor(Date.now() / 1000),
    };
    return sendSigned(signRequest(url, edited, signing));
  }
}

function seed(botToken: string, directoryToken: string) {
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
      channels: [{ name: CHANNEL, topic: 'Agents ask, humans decide' }],
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

interface Directory {
  readonly teamId: string;
  readonly channelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
}

/** The emulator chooses the ids of workspace, channel and users; they are asked for at start. */
async function readDirectory(emulatorUrl: string, token: string): Promise<Directory> {
  const web = client(emulatorUrl, token);
  const [auth, channels, users] = await Promise.all([
    web.auth.test(),
    web.conversations.list(),
    web.users.list({}),
  ]);
  const userId = (name: DemoSlackUser) =>
    required(users.members?.find((member) => member.name === name)?.id, name);
  return {
    teamId: required(auth.team_id, 'team'),
    channelId: required(channels.channels?.find(({ name }) => name === CHANNEL)?.id, CHANNEL),
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

const client = (url: string, token: string): WebClient =>
  new WebClient(token, { slackApiUrl: `${url}/api/`, retryConfig: { retries: 0 } });
