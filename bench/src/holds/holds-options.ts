import { parseArgs } from 'node:util';
import { whole } from '../whole-option.js';

export interface HoldsOptions {
  /** Measured clicks of each row; some more come before them to warm up. */
  readonly rounds: number;
  /** Worker threads of the gateway. */
  readonly workers: number;
  /** Rows to measure; empty: all. */
  readonly rows: readonly string[];
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = (rows: readonly string[]): string => `usage: ./drawbridge bench holds [options]

How long it takes from an approver's click until the held call has been forwarded and answered.
  --rounds N      clicks of each row (default 200)
  --workers N     worker threads of the gateway (default 1)
  --rows A,B      rows to measure: ${rows.join(', ')} (default all)
  --json FILE     where the results go
`;

/** @throws TypeError when an argument is not one of ours */
export function parseHoldsOptions(args: readonly string[]): HoldsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '200' },
      workers: { type: 'string', default: '1' },
      rows: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    rounds: whole('--rounds', values.rounds),
    workers: whole('--workers', values.workers),
    rows: values.rows.split(',').filter((name) => name !== ''),
    json: values.json,
    help: values.help,
  };
}
