import { randomBytes } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { createEmulator } from 'emulate';
import { z } from 'zod';
import {
  APP_ID,
  CHANNEL,
  client,
  readDirectory,
  workspaceSeed,
  type DemoSlackUser,
  type Directory,
} from './demo-workspace.js';
import type { Entered } from './dialog-state.js';
import type { RateLimit } from './rate-limits.js';
import {
  commandRequest,
  eventRequest,
  interactionRequest,
  sendSigned,
  signRequest,
  type InteractionAnswer,
  type SignedRequest,
  type UnsignedRequest,
} from './signed-request.js';
import { asRetry, commandFields, deliver, eventBody, type Retry } from './slack-events.js';
import { SlackFront, type EphemeralMessage, type FaultPlan } from './slack-front.js';
import {
  blockActions,
  DemoSlackMessage,
  viewSubmission,
  type DemoSlackView,
  type Interaction,
  type Pressed,
  type Workspace,
} from './slack-payloads.js';
import { newEnvelope, type Envelope } from './slack-sockets.js';

/** Instead of a request URL: over the sockets that the app has open. */
export const SOCKET_MODE = 'socket-mode:';

export interface DemoSlackOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default any free port */
  readonly port?: number;
}

/** How what Slack sends differs from the genuine, for tests. */
export interface Forgery {
  readonly signingSecret?: string;
  /** Unix seconds at which it claims to be signed. */
  readonly timestamp?: number;
  /** Changes the body before it is signed. */
  readonly edit?: (payload: Record<string, unknown>) => unknown;
}

/** Something that a user does, and where Slack tells the app of it. */
interface Doing {
  readonly user: DemoSlackUser;
  /** The app's request URL, e.g. `http://127.0.0.1:7081/slack/events`, or {@link SOCKET_MODE}. */
  readonly callbackUrl: string;
  readonly forge?: Forgery;
}

export type Click = Doing & Pressed;

export interface Submission extends Doing {
  readonly view: DemoSlackView;
  /** What was changed in it. */
  readonly values: Entered;
}

export interface Command extends Doing {
  /** What follows `/drawbridge`. */
  readonly text: string;
}

export interface Happening extends Doing {
  /** As the Events API tells it, but for `user`. */
  readonly event: Readonly<Record<string, unknown>>;
  /** @default a new one */
  readonly eventId?: string;
  /** After which Slack tries again what the app did not take. @default none */
  readonly retryDelaysMs?: readonly number[];
}

/** A Slack workspace on this machine: the emulator's Web API, and signed interactions as Slack sends them. */
export interface DemoSlack {
  /** For `SLACK_API_URL`. */
  readonly apiUrl: string;
  readonly botToken: string;
  /** For `apps.connections.open`. */
  readonly appToken: string;
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId: string;
  readonly channelId: string;
  /** Another channel, of a team. */
  readonly teamChannelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
  /** Web API methods called by the app, oldest first (the last 200). */
  readonly calls: readonly string[];
  /** The messages of the approval channel (or another one), newest first. */
  messages(channelId?: string): Promise<DemoSlackMessage[]>;
  /** Id of the conversation that only the app and this user have. */
  directId(user: DemoSlackUser): Promise<string>;
  /** What stands in the thread below a message (of the approval channel or another one), oldest first. */
  replies(message: Pick<DemoSlackMessage, 'ts'>, channelId?: string): Promise<DemoSlackMessage[]>;
  /** What the app told this user alone, oldest first (the last 200 of all users). */
  ephemerals(user: DemoSlackUser): readonly EphemeralMessage[];
  /** The home that the app shows this user. */
  home(user: DemoSlackUser): DemoSlackView | undefined;
  /** Dialogs that the app opened, oldest first. */
  openedViews(): readonly DemoSlackView[];
  /** What the app sent that Slack does not take; empty when all is well. */
  readonly problems: readonly string[];
  /** Limits how often methods may be called; those not named are not limited. */
  limitCalls(limits: Readonly<Record<string, RateLimit>>): void;
  /** Types `/drawbridge …` in the channel of the approvals. */
  command(command: Command): Promise<InteractionAnswer>;
  /** Tells the app of an event, and once more after each delay until it takes it. @returns all its answers */
  happen(happening: Happening): Promise<readonly InteractionAnswer[]>;
  /** What {@link clickButton} would send, for whoever sends it later or from another process. */
  signClick(click: Click): Promise<SignedRequest>;
  /** Presses a button of a message. */
  clickButton(click: Click): Promise<InteractionAnswer>;
  /** Submits a dialog. */
  submitModal(submission: Submission): Promise<InteractionAnswer>;
  /** Sends a request exactly as it was sent before. */
  replay(request: SignedRequest): Promise<InteractionAnswer>;
  /** Connections of Socket Mode that are open. */
  readonly openSockets: number;
  /** How many there were, those included that are gone. */
  readonly socketsSoFar: number;
  /** Ends every connection of Socket Mode: announced, as Slack does now and then, or without a word. */
  endSockets(how: 'announced' | 'dropped'): void;
  /** From now on, calls fail as planned; `undefined` ends it. */
  failWith(plan: FaultPlan | undefined): void;
  close(): Promise<void>;
}

/** Starts a Slack stand-in with the demo's humans, one channel and the Drawbridge app installed. */
export async function startDemoSlack(options: DemoSlackOptions = {}): Promise<DemoSlack> {
  const botToken = `xoxb-demo-${randomBytes(16).toString('hex')}`;
  const appToken = `xapp-demo-${randomBytes(16).toString('hex')}`;
  const directoryToken = `xoxp-demo-${randomBytes(16).toString('hex')}`;
  const seeded = workspaceSeed(botToken, directoryToken);
  const emulator = await createEmulator({ service: 'slack', port: 0, seed: seeded });
  try {
    const { host = '127.0.0.1', port = 0 } = options;
    const tokens = { botToken, appToken, appId: APP_ID };
    const front = await SlackFront.start({ host, port, target: emulator.url, ...tokens });
    const directory = await readDirectory(emulator.url, directoryToken);
    const close = async () => {
      await front.close();
      await emulator.close();
    };
    return new Demo({ front, emulatorUrl: emulator.url, ...tokens, directory, close });
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

interface DemoParts {
  readonly front: SlackFront;
  readonly emulatorUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly directory: Directory;
  readonly close: () => Promise<void>;
}

class Demo implements DemoSlack {
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret = randomBytes(16).toString('hex');
  readonly teamId: string;
  readonly appId = APP_ID;
  readonly channelId: string;
  readonly teamChannelId: string;
  readonly users: Readonly<Record<DemoSlackUser, string>>;
  readonly close: () => Promise<void>;
  readonly #front: SlackFront;
  readonly #client: WebClient;

  constructor({ front, emulatorUrl, botToken, appToken, directory, close }: DemoParts) {
    this.apiUrl = `${front.url}/api/`;
    this.botToken = botToken;
    this.appToken = appToken;
    this.teamId = directory.teamId;
    this.channelId = directory.channelId;
    this.teamChannelId = directory.teamChannelId;
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

  async directId(user: DemoSlackUser): Promise<string> {
    const { channel } = await this.#client.conversations.open({ users: this.users[user] });
    return z.string().parse(channel?.id);
  }

  async replies(
    { ts }: Pick<DemoSlackMessage, 'ts'>,
    channel = this.channelId,
  ): Promise<DemoSlackMessage[]> {
    const answer = await this.#client.conversations.replies({ channel, ts });
    return z
      .array(DemoSlackMessage)
      .parse(answer.messages)
      .filter((message) => message.ts !== ts);
  }

  ephemerals(user: DemoSlackUser): readonly EphemeralMessage[] {
    return this.#front.ephemerals.filter((message) => message.user === this.users[user]);
  }

  home(user: DemoSlackUser): DemoSlackView | undefined {
    return this.#front.homes.get(this.users[user]);
  }

  openedViews(): readonly DemoSlackView[] {
    return this.#front.opened.map(({ view }) => view);
  }

  get problems(): readonly string[] {
    return this.#front.problems;
  }

  limitCalls(limits: Readonly<Record<string, RateLimit>>): void {
    this.#front.limits.set(limits);
  }

  async signClick({ user, callbackUrl, forge, ...pressed }: Click): Promise<SignedRequest> {
    const payload = edited(blockActions(await this.#interaction(user), pressed), forge);
    return this.#sign(interactionRequest(callbackUrl, payload), forge);
  }

  async clickButton(click: Click): Promise<InteractionAnswer> {
    const { user, callbackUrl, forge, ...pressed } = click;
    const payload = edited(blockActions(await this.#interaction(user), pressed), forge);
    if (callbackUrl === SOCKET_MODE) return this.#deliver(newEnvelope('interactive', payload));
    return this.#send(interactionRequest(callbackUrl, payload), forge);
  }

  async submitModal(submission: Submission): Promise<InteractionAnswer> {
    const { user, view, values, callbackUrl, forge } = submission;
    const payload = edited(viewSubmission(await this.#interaction(user), view, values), forge);
    if (callbackUrl === SOCKET_MODE) return this.#deliver(newEnvelope('interactive', payload));
    return this.#send(interactionRequest(callbackUrl, payload), forge);
  }

  async command({ user, text, callbackUrl, forge }: Command): Promise<InteractionAnswer> {
    const fields = commandFields(await this.#interaction(user), { command: '/drawbridge', text });
    const sent = z.record(z.string(), z.string()).parse(edited(fields, forge));
    if (callbackUrl === SOCKET_MODE) return this.#deliver(newEnvelope('slash_commands', sent));
    return this.#send(commandRequest(callbackUrl, sent), forge);
  }

  happen(happening: Happening): Promise<readonly InteractionAnswer[]> {
    const { user, callbackUrl, event, forge, retryDelaysMs = [] } = happening;
    const { eventId: id = `Ev${randomBytes(5).toString('hex').toUpperCase()}` } = happening;
    const told = { id, event: { user: this.users[user], ...event } };
    const body = edited(eventBody(this.#workspace(), told), forge);
    if (callbackUrl === SOCKET_MODE) {
      const envelope = newEnvelope('events_api', body);
      return deliver((retry) => this.#deliver({ ...envelope, ...retry }), retryDelaysMs);
    }
    const request = eventRequest(callbackUrl, body);
    const send = (retry: Retry | undefined) =>
      sendSigned(asRetry(this.#sign(request, forge), retry));
    return deliver(send, retryDelaysMs);
  }

  replay(request: SignedRequest): Promise<InteractionAnswer> {
    if (request.url !== SOCKET_MODE) return sendSigned(request);
    return this.#deliver(JSON.parse(request.body) as Envelope);
  }

  get openSockets(): number {
    return this.#front.sockets.size;
  }

  get socketsSoFar(): number {
    return this.#front.sockets.greeted;
  }

  endSockets(how: 'announced' | 'dropped'): void {
    if (how === 'announced') this.#front.sockets.refresh();
    else this.#front.sockets.drop();
  }

  failWith(plan: FaultPlan | undefined): void {
    this.#front.plan = plan ?? (() => undefined);
  }

  async #interaction(user: DemoSlackUser): Promise<Interaction> {
    const id = this.users[user];
    const answer = await this.#client.apiCall('views.generateTriggerId', { user_id: id });
    const { trigger_id: triggerId } = z.looseObject({ trigger_id: z.string() }).parse(answer);
    const responseUrl = `${this.#front.url}${this.#front.responseUrls.issue(id)}`;
    return { workspace: this.#workspace(), user: { id, name: user }, triggerId, responseUrl };
  }

  #workspace(): Workspace {
    const { teamId, appId, channelId } = this;
    return { teamId, appId, channelId, channelName: CHANNEL };
  }

  async #deliver(envelope: Envelope): Promise<InteractionAnswer> {
    const sent = { url: SOCKET_MODE, body: JSON.stringify(envelope), headers: {} };
    return { ...(await this.#front.sockets.deliver(envelope)), sent };
  }

  #send(request: UnsignedRequest, forge?: Forgery): Promise<InteractionAnswer> {
    return sendSigned(this.#sign(request, forge));
  }

  #sign(request: UnsignedRequest, forge: Forgery = {}): SignedRequest {
    return signRequest(request, {
      signingSecret: forge.signingSecret ?? this.signingSecret,
      timestamp: forge.timestamp ?? Math.floor(Date.now() / 1000),
    });
  }
}

const edited = (payload: Record<string, unknown>, forge: Forgery = {}): unknown =>
  forge.edit === undefined ? payload : forge.edit(payload);
