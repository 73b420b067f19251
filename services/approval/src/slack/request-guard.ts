import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { receivedPayload, type Received } from './received-payload.js';
import { ReplayCache } from './replay-cache.js';

/** How far a request's time may be from ours, in either direction: what Slack recommends. */
const WINDOW_SECONDS = 300;
/** A message that the largest card makes is a tenth of this. */
const MAX_BODY_BYTES = 256 * 1024;

export interface RequestGuardOptions {
  readonly signingSecret: string;
  readonly teamId: string;
  /** When set, interactions of another app of the same workspace are refused. */
  readonly appId?: string;
  /** Of what is remembered, of events and of all else. @default 10000 */
  readonly capacity?: number;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Why a request to `/slack/events` was refused: in our log, since Slack tells nobody. */
export type SlackRequestRefusalReason =
  | 'interaction_too_large'
  | 'timestamp_missing'
  | 'signature_invalid'
  | 'timestamp_outside_window'
  | 'payload_malformed'
  | 'wrong_workspace'
  | 'wrong_app'
  | 'interaction_replayed'
  | 'too_many_interactions';

type Verdict =
  | { readonly pass: true }
  | { readonly pass: false; readonly status: number; readonly reason: SlackRequestRefusalReason }
  /** Genuine, and not ours to answer. */
  | { readonly pass: false; readonly status: 200; readonly reason: 'ignored' };

const refuse = (status: number, reason: SlackRequestRefusalReason): Verdict => ({
  pass: false,
  status,
  reason,
});

/**
 * Lets through what Slack sent us, now, for this workspace and app, for the first time, and nothing else.
 *
 * It stands before Bolt, which checks the signature again but takes one dated in the future and takes the
 * same request any number of times. The raw body is left for Bolt in `request.rawBody`.
 */
export function requestGuard(options: RequestGuardOptions): RequestHandler {
  const remembering = () => new ReplayCache(2 * WINDOW_SECONDS * 1000, options.capacity);
  // However much is said in channels, what people order is taken.
  const replays = { events: remembering(), orders: remembering() };
  return async (request, response, next) => {
    const body = await readBody(request);
    const verdict =
      body === undefined
        ? refuse(413, 'interaction_too_large')
        : judge(request, body, { ...options, replays });
    if (verdict.pass) pass(request, body, next);
    else answer(response, verdict, options.logger);
  };
}

interface Judging extends RequestGuardOptions {
  readonly replays: Readonly<Record<'events' | 'orders', ReplayCache>>;
}

function judge(request: Request, body: Buffer, judging: Judging): Verdict {
  const now = judging.clock();
  const timestamp = request.get('x-slack-request-timestamp') ?? '';
  const signature = request.get('x-slack-signature') ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return refuse(401, 'timestamp_missing');
  if (!isSigned({ body, timestamp, signature }, judging.signingSecret))
    return refuse(401, 'signature_invalid');
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    return refuse(401, 'timestamp_outside_window');
  const received = receivedPayload(request.get('content-type') ?? '', body.toString('utf8'));
  return received === undefined
    ? refuse(400, 'payload_malformed')
    : judgeReceived(received, { ...judging, now, signature });
}

function judgeReceived(
  received: Received,
  judging: Judging & { readonly now: Date; readonly signature: string },
): Verdict {
  const { kind, origin, isOurs } = received;
  const foreign = origin === undefined ? undefined : whyForeign(origin, judging);
  if (foreign !== undefined) return refuse(403, foreign);
  // Nothing comes of it, so there is nothing to remember: Slack tells of every message in our channels.
  if (kind === 'event' && !isOurs) return ignored;
  return judgeOnce(received, judging);
}

function judgeOnce(
  { kind, once, isOurs }: Received,
  { replays, now, signature }: Judging & { readonly now: Date; readonly signature: string },
): Verdict {
  const remembered = kind === 'event' ? replays.events : replays.orders;
  const seen = remembered.take([`signature ${signature}`, ...once], now);
  // Slack tells of an event again until it hears that we have it: then there is nothing to do.
  if (seen === 'seen' && kind === 'event') return ignored;
  if (seen === 'seen') return refuse(409, 'interaction_replayed');
  if (seen !== 'new') return refuse(429, 'too_many_interactions');
  return isOurs ? { pass: true } : ignored;
}

function whyForeign(
  { team, app }: NonNullable<Received['origin']>,
  { teamId, appId }: Judging,
): SlackRequestRefusalReason | undefined {
  if (team !== teamId) return 'wrong_workspace';
  return appId !== undefined && app !== appId ? 'wrong_app' : undefined;
}

const ignored: Verdict = { pass: false, status: 200, reason: 'ignored' };

interface Signed {
  readonly body: Buffer;
  readonly timestamp: string;
  readonly signature: string;
}

/** @see https://docs.slack.dev/authentication/verifying-requests-from-slack */
function isSigned({ body, timestamp, signature }: Signed, signingSecret: string): boolean {
  const hmac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body);
  const expected = Buffer.from(`v0=${hmac.digest('hex')}`);
  const actual = Buffer.from(signature);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** The whole body; `undefined` when it is larger than anything Slack sends. */
async function readBody(request: Request): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const buffer = Buffer.from(chunk as Uint8Array);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

function pass(request: Request, rawBody: Buffer | undefined, next: NextFunction): void {
  Object.assign(request, { rawBody });
  next();
}

function answer(
  response: Response,
  { status, reason }: Extract<Verdict, { pass: false }>,
  logger: LoggerService,
): void {
  if (status !== 200) logger.warn({ msg: 'Slack interaction refused', reason, status });
  if (status === 413) response.setHeader('Connection', 'close');
  response.status(status).end();
}
