import type { Problem } from '@drawbridge/contracts';
import { CommanderError } from 'commander';
import { ApiRefused } from '../api/api-refused.js';
import { CliError } from '../cli-error.js';
import { exitCode, exitCodeOfHttp, type ExitCode } from '../exit-code.js';
import { neutralise, neutraliseLines } from './neutralise.js';

/** A failure as it is shown, whichever side it comes from. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly advice?: string;
  readonly status?: number;
  readonly errors?: Problem['errors'];
  readonly requestId?: string;
}

const adviceByCode: Readonly<Record<string, string>> = {
  auditor_required:
    'ask an auditor, or the owner of the agent; or be put into a group of auditors, and log in again',
  query_invalid: 'see --help for the filters',
  too_many_requests: 'wait a little; there are limits for each agent',
  too_many_open_requests:
    'withdraw a request you no longer need: drawbridge list, drawbridge withdraw <id>',
  identical_request_open:
    'drawbridge status <id> --wait follows it, drawbridge withdraw <id> ends it',
  access_request_unknown: 'drawbridge list shows the requests you may see',
  idempotency_key_reused: 'use another --idempotency-key for another request',
  audit_query_too_expensive: 'narrow the time with --since and --until',
};

/** Any thrown value as a failure; nothing of an unexpected one but its message is shown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiRefused) return fromProblem(error.problem);
  if (error instanceof CliError) {
    const { code, message, advice } = error;
    return { code, message, exitCode: error.exitCode, ...(advice === undefined ? {} : { advice }) };
  }
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { code: 'usage_invalid', message, exitCode: exitCode.usage, advice: 'see --help' };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal_error', message, exitCode: exitCode.error };
}

function fromProblem({ code, detail, status, errors, requestId }: Problem): Failure {
  const advice =
    status === 401
      ? 'log in again with "drawbridge login"'
      : Object.hasOwn(adviceByCode, code)
        ? adviceByCode[code]
        : undefined;
  return {
    code,
    message: detail,
    exitCode: exitCodeOfHttp(status),
    status,
    ...(advice === undefined ? {} : { advice }),
    ...(errors === undefined ? {} : { errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** A failure for people: what, where, and what to do next. */
export function failureText({ code, message, advice, errors, requestId }: Failure): string {
  const where = (errors ?? []).map(({ field, message: why }) => `  ${field || 'body'}: ${why}`);
  // The message of a bad field repeats the fields, which stand below it line by line.
  const what = where.length === 0 ? message : (message.split(':')[0] ?? message);
  return [
    `error: ${neutraliseLines(what)} (${neutralise(code)})`,
    ...where.map(neutralise),
    ...(advice === undefined ? [] : [`what to do: ${neutralise(advice)}`]),
    ...(requestId === undefined ? [] : [`request id: ${neutralise(requestId)}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
