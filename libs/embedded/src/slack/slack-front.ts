import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { messageProblems, viewProblems } from './block-kit-limits.js';
import { RateLimits } from './rate-limits.js';
import { ResponseUrls } from './response-urls.js';
import { DemoSlackView } from './slack-payloads.js';
import { SlackSockets } from './slack-sockets.js';

const MAX_BODY_BYTES = 1_000_000;
const KEPT = 200;

/** What only one user sees. */
export interface EphemeralMessage {
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export interface OpenedView {
  readonly view: DemoSlackView;
}

/**
 * How a call to Slack goes wrong. `answer`: refused with this status before anything happens.
 * `hang`: never answered, nothing happens. `lost_answer`: done, but the answer never arrives.
 */
export type Fault =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Slack says no, with 200 and this error. */
  | { readonly type: 'refuse'; readonly error: string }
  | { readonly type: 'hang' }
  | { readonly type: 'lost_answer' };

/** Decides for each Web API method called, and what was sent with it, whether and how it fails. */
export type FaultPlan = (method: string, sent: URLSearchParams) => Fault | undefined;

export interface SlackFrontOptions {
  readonly host: string;
  readonly port: number;
  /** Base address of the emulator. */
  readonly target: string;
  /** The emulator takes any token; we take only this one. */
  readonly botToken: string;
  /** For `apps.connections.open` alone. */
  readonly appToken: string;
  readonly appId: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * The address at which the demo's Slack is reached. It passes calls on to the emulator, refuses what Slack would
 * refuse and the emulator takes, and keeps what only a client of Slack sees: ephemeral messages and dialogs.
 */
export class SlackFront {
  readonly ephemerals: EphemeralMessage[] = [];
  readonly opened: OpenedView[] = [];
  /** By user. */
  readonly homes = new Map<string, DemoSlackView>();
  readonly calls: string[] = [];
  /** What was refused because of Block Kit's limits, oldest first. */
  readonly problems: string[] = [];
  readonly limits: RateLimits;
  readonly responseUrls: ResponseUrls;
  readonly sockets: SlackSockets;
  plan: FaultPlan = () => undefined;
  readonly #server: Server;

  private constructor(private readonly options: SlackFrontOptions) {
    const { now = () => Date.now() } = options;
    this.limits = new RateLimits(now);
    this.responseUrls = new ResponseUrls(now);
    this.sockets = new SlackSockets(options.appId, now);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.sockets.upgrade(request, socket, head);
    });
  }

  static async start(options: SlackFrontOptions): Promise<SlackFront> {
    const front = new SlackFront(options);
    await new Promise<void>((resolve, reject) => {
      front.#server.once('error', reject);
      front.#server.listen(options.port, options.host, resolve);
    });
    return front;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${this.options.host}:${port}`;
  }

  async close(): Promise<void> {
    this.sockets.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const { url = '' } = request;
    if (request.method === 'POST' && url.startsWith('/response/')) {
      this.#respond(url, body, response);
      return;
    }
    const method = methodOf(request);
    if (method === undefined) response.writeHead(404).end();
    else await this.#call(method, request, { body, response });
  }

  async #call(
    method: string,
    request: IncomingMessage,
    { body, response }: { readonly body: string; readonly response: ServerResponse },
  ): Promise<void> {
    keep(this.calls, method);
    const sent = new URLSearchParams(body);
    const fault = this.plan(method, sent) ?? this.#tooManyCalls(method);
    if (fault !== undefined && fault.type !== 'lost_answer') {
      fail(fault, response);
      return;
    }
    const answer = await this.#answerTo(method, request, body);
    this.#remember(method, sent, answer);
    if (fault !== undefined) return;
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
  }

  async #answerTo(method: string, request: IncomingMessage, body: string): Promise<string> {
    if (method === 'apps.connections.open') return this.#openSocket(request);
    const refusal = this.#refusal(method, new URLSearchParams(body));
    return refusal ?? this.#forward(request, body);
  }

  /** The address of a socket, as whoever asks reaches us. */
  #openSocket({ headers: { authorization, host = '' } }: IncomingMessage): string {
    if (authorization !== `Bearer ${this.options.appToken}`)
      return JSON.stringify({ ok: false, error: 'invalid_auth' });
    return JSON.stringify({ ok: true, url: `ws://${host}${this.sockets.issue()}` });
  }

  #tooManyCalls(method: string): Fault | undefined {
    const seconds = this.limits.secondsToWait(method);
    if (seconds === undefined) return undefined;
    return { type: 'answer', status: 429, headers: { 'Retry-After': String(seconds) } };
  }

  /** The answer to what Slack does not take and the emulator does. */
  #refusal(method: string, sent: URLSearchParams): string | undefined {
    const problems = problemsOf(method, sent);
    if (problems.length === 0) return undefined;
    for (const problem of problems) keep(this.problems, `${method} ${problem}`);
    const error = method.startsWith('views.') ? 'invalid_arguments' : 'invalid_blocks';
    return JSON.stringify({ ok: false, error, response_metadata: { messages: problems } });
  }

  /** An answer to one interaction: only who caused it sees it. */
  #respond(path: string, body: string, response: ServerResponse): void {
    const { data } = ResponseMessage.safeParse(parseJson(body));
    const problems = data === undefined ? ['not a message'] : messageProblems(data);
    if (data === undefined || problems.length > 0) {
      for (const problem of problems) keep(this.problems, `response_url ${problem}`);
      response.writeHead(400).end('invalid_payload');
      return;
    }
    const used = this.responseUrls.use(path);
    if ('error' in used) {
      response.writeHead(404).end(used.error);
      return;
    }
    keep(this.ephemerals, { user: used.user, text: data.text, blocks: data.blocks });
    response.writeHead(200).end('ok');
  }

  async #forward(request: IncomingMessage, body: string): Promise<string> {
    const { authorization, 'content-type': type } = request.headers;
    if (authorization !== `Bearer ${this.options.botToken}`)
      return '{"ok":false,"error":"invalid_auth"}';
    const headers = { authorization, 'content-type': type ?? '' };
    const url = new URL(request.url ?? '/', this.options.target);
    const answer = await fetch(url, { method: 'POST', body, headers });
    return answer.text();
  }

  #remember(method: string, sent: URLSearchParams, answer: string): void {
    const { ok, view } = Answer.parse(JSON.parse(answer));
    if (!ok) return;
    if (method === 'chat.postEphemeral') keep(this.ephemerals, ephemeralOf(sent));
    if (view === undefined) return;
    if (method === 'views.publish') this.homes.set(sent.get('user_id') ?? '', view);
    if (method === 'views.open') keep(this.opened, { view });
  }
}

function fail(fault: Exclude<Fault, { type: 'lost_answer' }>, response: ServerResponse): void {
  if (fault.type === 'answer') response.writeHead(fault.status, fault.headers).end();
  if (fault.type !== 'refuse') return;
  const answer = JSON.stringify({ ok: false, error: fault.error });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
}

function ephemeralOf(sent: URLSearchParams): EphemeralMessage {
  const { text, blocks } = ResponseMessage.parse({
    text: sent.get('text') ?? '',
    blocks: parseJson(sent.get('blocks') ?? '[]'),
  });
  return { user: sent.get('user') ?? '', text, blocks };
}

/** `chat.postMessage` of `POST /api/chat.postMessage`. */
function methodOf({ method, url = '' }: IncomingMessage): string | undefined {
  return method === 'POST' ? /^\/api\/([A-Za-z.]+)$/.exec(url)?.[1] : undefined;
}

const blockMethods = new Set(['chat.postMessage', 'chat.update', 'chat.postEphemeral']);
const viewMethods = new Set(['views.open', 'views.update', 'views.push', 'views.publish']);

function problemsOf(method: string, sent: URLSearchParams): string[] {
  if (viewMethods.has(method)) return viewProblems(parseJson(sent.get('view') ?? ''));
  if (!blockMethods.has(method)) return [];
  const blocks = parseJson(sent.get('blocks') ?? '[]');
  return messageProblems({ text: sent.get('text') ?? '', blocks });
}

/** What is posted to a `response_url`. */
const ResponseMessage = z.looseObject({
  text: z.string().default(''),
  blocks: z.array(z.unknown()).default([]),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Answer = z.looseObject({ ok: z.boolean(), view: DemoSlackView.optional() });

function keep<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > KEPT) items.shift();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
