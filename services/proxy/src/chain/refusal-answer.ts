import { TokenRefused, tokenStatus } from '@drawbridge/token';
import { CallCut } from '../domain/call-cut.js';
import { CallRefused, refusalStatus } from '../domain/call-refused.js';
import { cuts } from '../domain/cut-reason.js';

/** What the client is told instead of the cluster's answer. */
export interface RefusalAnswer {
  readonly code: string;
  readonly message: string;
  readonly statusCode: number;
  /** `WWW-Authenticate`, of a 401 only: it makes a client fetch a fresh token. */
  readonly challenge?: string;
}

/** Turns whatever ended a call into an answer. Only errors made for it are shown; all else is our own fault. */
export function answerOf(error: unknown): RefusalAnswer {
  if (error instanceof CallRefused) {
    return { code: error.code, message: error.message, statusCode: refusalStatus[error.code] };
  }
  if (error instanceof TokenRefused) return tokenAnswer(error);
  if (error instanceof CallCut) {
    return withChallenge({ ...cuts[error.code], code: error.code });
  }
  return {
    code: 'internal_error',
    message: 'something went wrong in the gateway; the command id finds it in its log',
    statusCode: 500,
  };
}

function tokenAnswer({ code, message }: TokenRefused): RefusalAnswer {
  return withChallenge({ code, message, statusCode: tokenStatus[code] });
}

function withChallenge(answer: RefusalAnswer): RefusalAnswer {
  if (answer.statusCode !== 401) return answer;
  const error = answer.code === 'token_missing' ? '' : ', error="invalid_token"';
  return { ...answer, challenge: `Bearer realm="drawbridge"${error}` };
}
