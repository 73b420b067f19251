import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Clock } from '@drawbridge/kernel';
import { receivedPayload } from './received-payload.js';
import { WINDOW_SECONDS, type JudgedRefusal, type SlackJudge } from './slack-judge.js';

/** A message that the largest card makes is a tenth of this. */
const MAX_BODY_BYTES = 256 * 1024;

export interface RequestGuardOptions {
  readonly signingSecret: string;
  readonly judge: SlackJudge;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Why a request to `/slack/events` was refused: in our log, since Slack tells nobody. */
export type SlackRequestRefusalReason =
  | JudgedRefusal
  | 'interaction_too_large'
  | 'timestamp_missing'
  | 'signature_invalid'
  | 'timestamp_outside_window'
  | 'payload_malformed';

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
  return async (request, response, next) => {
    const body = await readBody(request);
    const verdict =
      body === undefined ? refuse(413, 'interaction_too_large') : judge(request, body, options);
    if (verdict.pass) pass(request, body, next);
    else answer(response, verdict, options.logger);
  };
}

function judge(request: Request, body: Buffer, options: RequestGuardOptions): Verdict {
  const timestamp = request.get('x-slack-request-timestamp') ?? '';
  const signature = request.get('x-slack-signature') ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return refuse(401, 'timestamp_missing');
  if (!isSigned({ body, timestamp, signature }, options.signingSecret))
    return refuse(401, 'signature_invalid');
  if (Math.abs(options.clock().getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    return refuse(401, 'timestamp_outside_window');
  const received = receivedPayload(request.get('content-type') ?? '', body.toString('utf8'));
  if (received === undefined) return refuse(400, 'payload_malformed');
  const judged = options.judge.judge(received, `signature ${signature}`);
  if (judged === 'pass') return { pass: true };
  return judged === 'ignored' ? ignored : refuse(statusOf[judged], judged);
}

const statusOf: Readonly<Record<JudgedRefusal, number>> = {
  wrong_workspace: 403,
  wrong_app: 403,
  interaction_replayed: 409,
  too_many_interactions: 429,
};

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
