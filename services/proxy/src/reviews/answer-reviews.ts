import type { Clock } from '@drawbridge/kernel';
import type { RefusalLog } from '../chain/answer-refusals.js';
import type { Allowed } from '../chain/authorize-call.js';
import { refusedLine } from '../chain/command-records.js';
import type { Handler, Step } from '../chain/exchange.js';
import type { Connected } from '../chain/find-connection.js';
import { recordCall, type Recorder } from '../chain/record-call.js';
import { acceptedJson } from '../domain/accepted-json.js';
import { endingLast, openNow, type Caller } from '../domain/authorize.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { CallRefused } from '../domain/call-refused.js';
import type { OpenGrants } from '../domain/open-grants.js';
import { headerValues } from '../domain/request-head.js';
import { selfReviewKind } from '../domain/self-review.js';
import { judgeReview, type JudgedReview } from './judge-review.js';
import { readReview, type ExpectedReview } from './read-review.js';

const CREATED = 201;

export interface ReviewParts {
  readonly grants: Pick<OpenGrants, 'of'>;
  readonly recorder: Recorder & RefusalLog;
  readonly clock: Clock;
  /** By which grants end. */
  readonly latest: Clock;
  /** By which they open. */
  readonly earliest: Clock;
}

/**
 * Answers what a client asks about itself: `kubectl auth can-i` and `auth whoami`. The cluster would answer for the
 * gateway's own credential. An agent without a grant is told no and why: that is an answer, not an error.
 */
export const answerReviews =
  ({ grants, recorder, clock, latest, earliest }: ReviewParts): Step<Connected, Connected> =>
  (next) => {
    const answerWithGrant = recordCall<AnsweredReview>({ recorder, clock })(send);
    const answerReview = async (call: Connected, expected: ExpectedReview) => {
      checkProtocol(call);
      if (call.awaitsContinue) call.answer.writeContinue();
      const { review, bytes } = await readReview(call.request, expected);
      const { agent, connection } = call;
      const found = grants.of(agent, connection);
      const client = call.request.connection;
      const { groups, run } = agent;
      const time = { now: latest(), earliest };
      const caller: Caller = { grants: found, connection, groups, run, client, ...time };
      const judged = judgeReview(review, agent, caller);
      const body = documentOf(expected, judged, caller.now);
      const grant = endingLast(openNow(caller));
      if (grant === undefined) {
        await recorder.refused(refusedReview(call, judged));
        return send({ ...call, body, bytes });
      }
      call.facts.grant = grant;
      const decision = {
        effect: 'allow',
        reason: 'self_review',
        message: judged.told,
        grant,
      } as const;
      return answerWithGrant({ ...call, grant, decision, body, bytes });
    };
    return (call) => {
      const expected = expectedReview(call);
      return expected === undefined ? next(call) : answerReview(call, expected);
    };
  };

interface ReviewAnswer extends Connected {
  readonly body: string;
  /** Of the request. */
  readonly bytes: number;
}
interface AnsweredReview extends Allowed, ReviewAnswer {}

/** Which review a call asks for; `undefined` when it is another call. */
function expectedReview({ kube }: Connected): ExpectedReview | undefined {
  if (kube.kind === 'nonResource' || kube.method !== 'POST' || kube.verbInPath) return undefined;
  const kind = selfReviewKind(kube);
  if (kind === undefined || kube.parts.length !== 1 || kube.namespace !== '') return undefined;
  return { kind, apiVersion: `${kube.apiGroup}/${kube.apiVersion}` };
}

function checkProtocol({ upgrade, request }: Connected): void {
  if (upgrade !== undefined) {
    throw new CallRefused('upgrade_unsupported', 'this call is served over plain HTTP only');
  }
  if (acceptedJson(headerValues(request.rawHeaders, 'accept').join(',')) === undefined) {
    throw new CallRefused(
      'not_acceptable',
      'the gateway answers reviews itself, as JSON: accept application/json',
    );
  }
}

function documentOf({ kind, apiVersion }: ExpectedReview, judged: JudgedReview, now: Date): string {
  const { spec, status } = judged;
  // Clients read a time here; whole seconds, as the apiserver writes them.
  const creationTimestamp = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const metadata = kind === 'SelfSubjectReview' ? { creationTimestamp } : {};
  const object = { kind, apiVersion, metadata, ...(spec !== undefined && { spec }), status };
  return `${JSON.stringify(object)}\n`;
}

/** Belongs to no session, so it stands among the refused: the answer was given, but by no grant. */
function refusedReview(call: Connected, { told }: JudgedReview) {
  const { commandId, connection } = call;
  const refusal = { code: 'no_grant', message: told, statusCode: CREATED };
  return { commandId, connection, line: refusedLine(call, connection, refusal), cheap: false };
}

const send: Handler<ReviewAnswer> = ({ answer, commandId, body, bytes }) => {
  const length = Buffer.byteLength(body);
  const outcome: CallOutcome = {
    outcome: answer.destroyed ? 'client_gone' : 'completed',
    statusCode: answer.destroyed ? 0 : CREATED,
    requestBytes: bytes,
    responseBytes: answer.destroyed ? 0 : length,
  };
  answer.writeHead(CREATED, {
    'audit-id': commandId,
    'cache-control': 'no-store',
    'content-length': length,
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
  });
  answer.end(body);
  return Promise.resolve(outcome);
};
