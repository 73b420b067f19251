import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { CONNECTION } from '../drawbridge/drawbridge-peer.js';
import { ACTION, GRANT_SECONDS, NAMESPACE } from './life-configuration.js';
import type { LifeWorld } from './life-world.js';

const View = z.object({ id: z.string(), status: z.string() });
type View = z.infer<typeof View>;

/** From which on nobody can approve any more. */
const OVER = ['denied', 'rejected', 'lapsed', 'withdrawn', 'expired', 'revoked'];
/** Of the gateway, which may hear of a grant a moment after the ingress. */
const REFUSED = 403;
const MAX_REFUSALS = 10_000;

export interface ErrandOptions {
  readonly parts: LifeWorld['parts'];
  readonly token: string;
  /** The one thing that this request is about: no other grant of the agent covers it. */
  readonly deployment: string;
}

/** When an agent learned that it was granted, and when it could use that: `performance.now()`. */
export interface Usable {
  readonly toldAt: number;
  readonly usableAt: number;
  /** Calls that the gateway refused between the two. */
  readonly refusals: number;
}

/** One access request of an agent: it asks, waits for the word and calls. */
export class Errand {
  readonly #waiting = new Agent({ keepAlive: true });
  readonly #calls = new TlsAgent({ keepAlive: true });
  #requestId = '';

  constructor(private readonly options: ErrandOptions) {}

  get requestId(): string {
    return this.#requestId;
  }

  /** @returns when it was sent */
  async ask(): Promise<number> {
    const { parts, token, deployment } = this.options;
    const sentAt = performance.now();
    const answer = await fetch(`${parts.ingressUrl}/v1/access-requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        connection: CONNECTION,
        scope: { action: ACTION, parameters: { namespace: NAMESPACE, deployment } },
        durationSeconds: GRANT_SECONDS,
        reason: 'see why it does not answer',
      }),
    });
    const text = await answer.text();
    if (answer.status !== 201) throw new Error(`a request was answered ${answer.status}: ${text}`);
    this.#requestId = View.parse(JSON.parse(text)).id;
    return sentAt;
  }

  /**
   * Waits for the grant and uses it.
   *
   * @returns once the agent waits; what it gives is there when the grant could be used
   */
  async follow(): Promise<{ readonly usable: Promise<Usable> }> {
    const events = await this.#openEvents();
    // So that the first real call does not pay for the connection; refused, since nothing is granted.
    const before = await this.#call();
    if (before !== REFUSED) throw new Error(`a call without a grant was answered ${before}`);
    const usable = this.#use(events);
    // Whoever clicks may fail first.
    usable.catch(() => undefined);
    return { usable };
  }

  close(): void {
    this.#waiting.destroy();
    this.#calls.destroy();
  }

  async #use(events: IncomingMessage): Promise<Usable> {
    await granted(events);
    const toldAt = performance.now();
    for (let refusals = 0; refusals < MAX_REFUSALS; refusals += 1) {
      const status = await this.#call();
      if (status === 200) return { toldAt, usableAt: performance.now(), refusals };
      if (status !== REFUSED) throw new Error(`a granted call was answered ${status}`);
    }
    throw new Error(`${this.#requestId} is granted, and its calls are refused`);
  }

  #openEvents(): Promise<IncomingMessage> {
    const { parts, token } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    httpRequest(
      `${parts.ingressUrl}/v1/access-requests/${this.#requestId}`,
      {
        agent: this.#waiting,
        headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      },
      (answer) => {
        if (answer.statusCode === 200) resolve(answer);
        else reject(new Error(`waiting was answered ${answer.statusCode}`));
      },
    )
      .on('error', reject)
      .end();
    return promise;
  }

  #call(): Promise<number> {
    const { parts, token, deployment } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const path = `/connections/${CONNECTION}/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${deployment}`;
    httpsRequest(
      `${parts.origin}${path}`,
      {
        agent: this.#calls,
        ca: parts.certificateAuthority,
        servername: 'localhost',
        headers: { authorization: `Bearer ${token}` },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.on('error', reject);
      },
    )
      .on('error', reject)
      .end();
    return promise;
  }
}

/** Resolves when the server-sent events say so. @throws Error when they end otherwise */
async function granted(events: IncomingMessage): Promise<void> {
  let text = '';
  events.setEncoding('utf8');
  for await (const chunk of events as AsyncIterable<string>) {
    text += chunk;
    const complete = text.split('\n\n');
    text = complete.pop() ?? '';
    for (const { id, status } of complete.flatMap(viewIn)) {
      if (status === 'granted') return;
      if (OVER.includes(status)) throw new Error(`${id} is ${status}`);
    }
  }
  throw new Error('the events of a request ended before it was granted');
}

function viewIn(event: string): readonly View[] {
  const line = event.split('\n').find((each) => each.startsWith('data: '));
  return line === undefined ? [] : [View.parse(JSON.parse(line.slice('data: '.length)))];
}
