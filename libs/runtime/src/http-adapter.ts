import { createServer, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';

export interface HttpLimits {
  /** The whole request, body included, must have arrived. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** How long open requests may take to finish once the service stops. */
  readonly drainMs: number;
}

/** Nest's Express adapter over a server with time limits against slow clients and a bounded drain. */
export class HttpAdapter extends ExpressAdapter {
  readonly #limits: HttpLimits;
  #server: Server | undefined;

  constructor(limits: HttpLimits) {
    super(bareExpress());
    this.#limits = limits;
  }

  override initHttpServer(): void {
    const { requestTimeoutMs, headersTimeoutMs } = this.#limits;
    const server = createServer(
      {
        requestTimeout: requestTimeoutMs,
        headersTimeout: headersTimeoutMs,
        connectionsCheckingInterval: 1_000,
        keepAliveTimeout: 5_000,
        maxHeaderSize: 32_768,
        insecureHTTPParser: false,
        requireHostHeader: true,
      },
      this.getInstance<Express>(),
    );
    server.maxHeadersCount = 100;
    this.#server = server;
    this.setHttpServer(server);
  }

  /** Stops listening, ends idle connections, and cuts those still open after the drain time. */
  override async close(): Promise<void> {
    const server = this.#server;
    if (server?.listening !== true) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection becomes idle when its last answer is sent, and would be kept for further requests.
    const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
    const cut = setTimeout(() => server.closeAllConnections(), this.#limits.drainMs);
    await closed;
    clearInterval(closeIdle);
    clearTimeout(cut);
  }
}

function bareExpress(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', false);
  app.enable('strict routing');
  app.enable('case sensitive routing');
  return app;
}
