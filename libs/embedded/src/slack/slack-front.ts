import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { DemoSlackView } from './slack-payloads.js';

const MAX_BODY_BYTES = 1_000_000;
const KEPT = 200;

/** What only one user sees. */
export interface EphemeralMessage {
  readonly user: string;
  readonly text: string;
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
  | { readonly type: 'hang' }
  | { readonly type: 'lost_answer' };

/** Decides for each Web API method called whether and how it fails. */
export type FaultPlan = (method: string) => Fault | undefined;

export interface SlackFrontOptions {
  readonly host: string;
  readonly port: number;
  /** Base address of the emulator. */
  readonly target: string;
  /** The emulator takes any token; we take only this one. */
  readonly botToken: string;
}

/**
 * The address at which the demo's Slack is reached. It passes calls on to the emulator and keeps what the
 * emulator has no method for: ephemeral messages and opened dialogs, which in Slack only a client sees.
 */
export class SlackFront {
  readonly ephemerals: EphemeralMessage[] = [];
  readonly opened: OpenedView[] = [];
  readonly calls: string[] = [];
  plan: FaultPlan = () => undefined;
  readonly #server: Server;

  private constructor(private readonly options: SlackFrontOptions) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
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
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const method = methodOf(request);
    if (method === undefined) {
      response.writeHead(404).end();
      return;
    }
    keep(this.calls, method);
    const fault = this.plan(method);
    if (fault !== undefined && fault.type !== 'lost_answer') {
      if (fault.type === 'answer') response.writeHead(fault.status, fault.headers).end();
      return;
    }
    const answer = await this.#forward(request, body);
    this.#remember(method, new URLSearchParams(body), answer);
    if (fault !== undefined) return;
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer);
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
    const parsed = Answer.parse(JSON.parse(answer));
    if (!parsed.ok) return;
    if (method === 'chat.postEphemeral') {
      keep(this.ephemerals, { user: sent.get('user') ?? '', text: sent.get('text') ?? '' });
    }
    if (method === 'views.open' && parsed.view !== undefined) {
      keep(this.opened, { view: parsed.view });
    }
  }
}

/** `chat.postMessage` of `POST /api/chat.postMessage`. */
function methodOf({ method, url = '' }: IncomingMessage): string | undefined {
  return method === 'POST' ? /^\/api\/([A-Za-z.]+)$/.exec(url)?.[1] : undefined;
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
