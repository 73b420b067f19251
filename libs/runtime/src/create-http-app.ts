import 'reflect-metadata';
import { Server } from 'node:http';
import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common';
import { AppError } from '@drawbridge/kernel';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';
import { answerHealthz, answerReadyz, type HealthChecks, type HealthFigures } from './health.js';
import { HttpAdapter } from './http-adapter.js';
import { problemOf, type StatusTable } from './problem-of.js';
import { ProblemFilter } from './problem-filter.js';
import { readJsonBody } from './read-json-body.js';
import { assignRequestId } from './request-id.js';
import { sendProblem } from './send-problem.js';

export interface HttpAppOptions {
  readonly logger: LoggerService;
  readonly health: HealthChecks;
  /** Told by `/readyz` beside the checks. */
  readonly figures?: HealthFigures;
  /** HTTP status of the service's own error codes; a code that is not listed is answered as 500. */
  readonly statuses?: StatusTable;
  /** Event transports of the service, started with {@link startHttpApp}. */
  readonly transports?: readonly CustomTransportStrategy[];
  /** Handlers that read the body themselves, by path prefix, e.g. a Slack receiver at `/slack`, or `readRawBody`. */
  readonly mounts?: Readonly<Record<string, RequestHandler>>;
  /** Larger bodies are refused with 413. @default 65536 */
  readonly bodyLimitBytes?: number;
  /** Time for the whole request to arrive. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** Time for open requests to finish when the app closes. @default 10000 */
  readonly drainMs?: number;
}

const safeHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** A Nest HTTP application with our limits, headers, health endpoints and problem documents. */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions,
): Promise<INestApplication> {
  const requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  const adapter = new HttpAdapter({
    requestTimeoutMs,
    headersTimeoutMs: Math.min(10_000, requestTimeoutMs),
    drainMs: options.drainMs ?? 10_000,
  });
  // Nest declares its options as a class and takes any object.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const app = await NestFactory.create(module, adapter, {
    logger: options.logger,
    bodyParser: false,
    abortOnError: false,
  });
  useBeforeRoutes(app, options);
  app.useGlobalFilters(new ProblemFilter(options.statuses ?? {}, options.logger));
  for (const strategy of options.transports ?? []) {
    app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  }
  return app;
}

/**
 * Starts the event transports, then listens, and returns the address, e.g. `http://127.0.0.1:8080`. When one
 * of these fails the app is closed again.
 *
 * @throws {@link HttpNotStarted} when the address cannot be listened on
 */
export async function startHttpApp(
  app: INestApplication,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    await app.init();
    await app.startAllMicroservices();
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw explained(error, `${host}:${port}`);
  }
  const server: unknown = app.getHttpServer();
  if (!(server instanceof Server)) throw new TypeError('not a node:http server');
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

/** The address to listen on is taken, not ours to use, or does not exist. */
export class HttpNotStarted extends AppError<'http_not_started'> {}

function explained(error: unknown, address: string): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process uses it',
    EACCES: 'this user may not use it',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'it is not an address',
  };
  const reason = typeof code === 'string' ? reasons[code] : undefined;
  if (reason === undefined) return error;
  const message = `cannot listen on ${address}: ${reason}; see HTTP_HOST and HTTP_PORT`;
  return new HttpNotStarted('http_not_started', message, { cause: error });
}

function useBeforeRoutes(app: INestApplication, options: HttpAppOptions): void {
  app.use(assignRequestId, setSafeHeaders);
  app.use(onlyGet('/healthz', answerHealthz));
  app.use(onlyGet('/readyz', answerReadyz(options.health, options.figures)));
  for (const [path, handler] of Object.entries(options.mounts ?? {})) app.use(path, handler);
  app.use(readJsonBody(options.bodyLimitBytes ?? 65_536), asErrorHandler(refuseBadBody));
}

function setSafeHeaders(_request: Request, response: Response, next: NextFunction): void {
  for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value);
  next();
}

/** Answers here, before any route: whatever the path, a body nobody can read helps nobody. */
function refuseBadBody(...[error, request, response]: Parameters<ErrorRequestHandler>): void {
  sendProblem(request, response, problemOf(error));
}

/** Express knows an error handler by its four parameters. */
const asErrorHandler = (handler: (...parameters: Parameters<ErrorRequestHandler>) => void) =>
  Object.defineProperty(handler, 'length', { value: 4 });

const onlyGet =
  (
    path: string,
    answer: (request: Request, response: Response) => void | Promise<void>,
  ): RequestHandler =>
  async (request, response, next) => {
    if (request.path === path && ['GET', 'HEAD'].includes(request.method))
      await answer(request, response);
    else next();
  };
