import { heldCallStatuses, HoldRefused } from '@drawbridge/holds';
import { TokenRefused, tokenStatus } from '@drawbridge/token';
import { CallCut } from '../domain/call-cut.js';
import { CallRefused, refusalStatus } from '../domain/call-refused.js';
import { ClusterRefused, type PassedAnswer } from '../guard/cluster-refused.js';
import { HoldPending } from '../hold/hold-pending.js';
import { cuts } from '../domain/cut-reason.js';

/** What the client is told instead of the cluster's answer. */
export interface RefusalAnswer {
  readonly code: string;
  readonly message: string;
  readonly statusCode: number;
  /** `WWW-Authenticate`, of a 401 only: it makes a client fetch a fresh token. */
  readonly challenge?: string;
  /** `Retry-After`: when the same call may be made again. */
  readonly retryAfterSeconds?: number;
  /** The hold that the call waits for. */
  readonly holdId?: string;
  /** The cluster has said it: passed on as it is. */
  readonly passed?: PassedAnswer;
}

/** Turns whatever ended a call into an answer. Only errors made for it are shown; all else is our own fault. */
export function answerOf(error: unknown): RefusalAnswer {
  if (error instanceof CallRefused) return callAnswer(error);
  if (error instanceof ClusterRefused) {
    const { answer: passed } = error;
    const message = `the cluster refused the dry-run of this call with ${passed.statusCode}`;
    return { code: 'dry_run_refused', message, statusCode: passed.statusCode, passed };
  }
  if (error instanceof TokenRefused) return tokenAnswer(error);
  if (error instanceof HoldPending) {
    const { code, message, holdId, retryAfterSeconds } = error;
    return { code, message, statusCode: heldCallStatuses[code], holdId, retryAfterSeconds };
  }
  if (error instanceof HoldRefused) return holdAnswer(error);
  if (error instanceof CallCut) {
    return withChallenge({ ...cuts[error.code], code: error.code });
  }
  return {
    code: 'internal_error',
    message: 'something went wrong in the gateway; the command id finds it in its log',
    statusCode: 500,
  };
}

/** As long as kube-apiserver asks for. Without it, kubectl gives up at once instead of trying ten times. */
const BUSY_SECONDS = 1;

function callAnswer({ code, message }: CallRefused): RefusalAnswer {
  const answer = { code, message, statusCode: refusalStatus[code] };
  return answer.statusCode === 429 ? { ...answer, retryAfterSeconds: BUSY_SECONDS } : answer;
}

function tokenAnswer({ code, message }: TokenRefused): RefusalAnswer {
  return withChallenge({ code, message, statusCode: tokenStatus[code] });
}

/** Humans have to work off what waits before they are asked more. */
const LIMIT_SECONDS = 60;
const statuses: Readonly<Partial<Record<string, number>>> = heldCallStatuses;

function holdAnswer({ code, message }: HoldRefused): RefusalAnswer {
  const answer = { code, message, statusCode: statuses[code] ?? 403 };
  return answer.statusCode === 429 ? { ...answer, retryAfterSeconds: LIMIT_SECONDS } : answer;
}

function withChallenge(answer: RefusalAnswer): RefusalAnswer {
  if (answer.statusCode !== 401) return answer;
  const error = answer.code === 'token_missing' ? '' : ', error="invalid_token"';
  return { ...answer, challenge: `Bearer realm="drawbridge"${error}` };
}
