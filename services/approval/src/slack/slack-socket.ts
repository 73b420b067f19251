import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { SocketModeReceiver, type App } from '@slack/bolt';
import { WebAPIRateLimitedError, type Logger } from '@slack/web-api';
import type { SlackJudge } from './slack-judge.js';
import { envelopeOf, SocketApp } from './socket-app.js';

/** After which an attempt to connect is given up. */
const CONNECT_MS = 30_000;
/** A connection that stood so long was one; Slack ends it now and then, and it is made again at once. */
const SETTLED_MS = 5_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const CLOSE_MS = 2_000;

export interface SlackSocketOptions {
  readonly apiUrl: string;
  /** `xapp-…`, with the scope `connections:write`. */
  readonly appToken: string;
  /** After which a call to Slack is given up. */
  readonly timeoutMs: number;
  readonly judge: SlackJudge;
  readonly listen: (app: App) => void;
  readonly logger: LoggerService;
  readonly slackLogger: Logger;
}

/**
 * Slack's Socket Mode: what people press, type and write comes over a connection that we open, so that nothing of ours
 * has to be reached from outside. It is kept open: made again when it ends, for as long as it takes. With several
 * replicas Slack sends each envelope to one of their connections.
 */
export class SlackSocket {
  readonly #receiver: SocketModeReceiver;
  readonly #closing = new AbortController();
  readonly #closed: Promise<void> = new Promise((resolve) => {
    this.#closing.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  #running: Promise<void> = Promise.resolve();
  #isConnected = false;

  constructor(private readonly options: SlackSocketOptions) {
    const { apiUrl, appToken, timeoutMs, judge, listen, logger, slackLogger } = options;
    this.#receiver = new SocketModeReceiver({
      appToken,
      logger: slackLogger,
      // Bolt's own way ends in a rejection that nobody hears when Slack cannot be reached.
      autoReconnectEnabled: false,
      customPropertiesExtractor: envelopeOf,
      installerOptions: {
        clientOptions: {
          slackApiUrl: apiUrl,
          allowAbsoluteUrls: false,
          timeout: timeoutMs,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          fetch: (url, init) => fetch(url, { ...init, redirect: 'error' }),
        },
      },
      // Whoever acted is answered by us; an envelope without an answer comes again, and is not taken twice.
      processEventErrorHandler: ({ error }) => {
        logger.error({ msg: 'Slack interaction failed', err: error, by: 'socket' });
        return Promise.resolve(false);
      },
    });
    const authorize = () => Promise.resolve({});
    const bolt = { receiver: this.#receiver, logger: slackLogger, authorize };
    listen(new SocketApp({ ...bolt, convoStore: false }, { judge, logger }));
  }

  /** Whether Slack has said hello and not gone since. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Opens the connection, now and whenever it has ended; that Slack is away keeps nobody from starting. */
  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.race([this.#disconnect(), delay(CLOSE_MS)]);
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted;) {
      const since = performance.now();
      let waitMs = 0;
      try {
        await this.#stayConnected();
      } catch (error) {
        this.options.logger.error({ msg: 'no socket to Slack', err: error });
        waitMs = error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
      }
      this.#isConnected = false;
      failures = performance.now() - since > SETTLED_MS && waitMs === 0 ? 0 : failures + 1;
      const pauseMs = failures === 0 ? 0 : FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 6);
      await this.#pause(Math.max(waitMs, Math.min(pauseMs, MAX_PAUSE_MS)));
    }
  }

  /** Resolves when a connection that stood has ended. */
  async #stayConnected(): Promise<void> {
    const { client } = this.#receiver;
    const over = Promise.withResolvers<undefined>();
    const end = () => over.resolve(undefined);
    client.once('disconnected', end);
    try {
      await this.#connect();
      this.#isConnected = true;
      this.options.logger.log({ msg: 'socket to Slack is open' });
      await Promise.race([over.promise, this.#closed]);
    } finally {
      client.off('disconnected', end);
    }
  }

  async #connect(): Promise<void> {
    const gaveUp = new AbortController();
    const late = delay(CONNECT_MS, undefined, { signal: gaveUp.signal }).then((): undefined => {
      throw new Error('Slack did not say hello');
    });
    try {
      await Promise.race([this.#receiver.start(), late, this.#closed]);
    } catch (error) {
      void this.#disconnect();
      throw error;
    } finally {
      gaveUp.abort();
      late.catch(() => undefined);
    }
  }

  #disconnect(): Promise<unknown> {
    return this.#receiver.client.disconnect().catch(() => undefined);
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
