import { parseArgs } from 'node:util';
import { whole } from '../whole-option.js';

export interface SoakOptions {
  /** Grants that are issued, used and ended. */
  readonly grants: number;
  /** Worker threads of the gateway. */
  readonly workers: number;
  /** Grants under way at the same time. */
  readonly lanes: number;
  /** How often the EKS session of every grant that stays must have been renewed. */
  readonly renewals: number;
  /** How long AWS's sessions live here, instead of an hour. */
  readonly sessionSeconds: number;
  /** How often everything is measured while grants are open; at least twice. */
  readonly checkpoints: number;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

/** Tokens of EKS live for 15 minutes: a day has this many of them. */
const TOKENS_OF_A_DAY = 96;

export const usage = `usage: ./drawbridge bench soak [options]

A day of the gateway in some minutes: grants come, are used and end, tokens are renewed; nothing may be left behind.
  --grants N            grants that are issued, used and ended (default 10000)
  --workers N           worker threads of the gateway (default 2)
  --lanes N             grants under way at the same time (default 48)
  --renewals N          how often EKS sessions of lasting grants are renewed at least (default ${TOKENS_OF_A_DAY}: a day)
  --session-seconds S   how long a session of AWS lives (default 6)
  --checkpoints N       how often everything is measured, from the first fifth of the grants on (default 4)
  --json FILE           where the results go
`;

/** @throws TypeError when an argument is not one of ours */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      grants: { type: 'string', default: '10000' },
      workers: { type: 'string', default: '2' },
      lanes: { type: 'string', default: '48' },
      renewals: { type: 'string', default: String(TOKENS_OF_A_DAY) },
      'session-seconds': { type: 'string', default: '6' },
      checkpoints: { type: 'string', default: '4' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    grants: whole('--grants', values.grants),
    workers: whole('--workers', values.workers),
    lanes: whole('--lanes', values.lanes),
    renewals: whole('--renewals', values.renewals),
    sessionSeconds: whole('--session-seconds', values['session-seconds']),
    checkpoints: Math.max(2, whole('--checkpoints', values.checkpoints)),
    json: values.json,
    help: values.help,
  };
}
