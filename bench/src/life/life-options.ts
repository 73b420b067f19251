import { parseArgs } from 'node:util';
import { whole } from '../whole-option.js';

export interface LifeOptions {
  readonly agents: number;
  /** Access requests of each agent that wait at the same time. */
  readonly requests: number;
  /** Clicks of the row in which they come one after the other. */
  readonly alone: number;
  /** Worker threads of the gateway. */
  readonly workers: number;
  /** Rows to measure; empty: all. */
  readonly rows: readonly string[];
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = (rows: readonly string[]): string => `usage: ./drawbridge bench life [options]

How long it takes from an approver's click until the agent can use its grant, alone and with 200 clicks at once.
  --agents N      agents (default 40)
  --requests N    open access requests of each agent, all approved at once (default 5)
  --alone N       clicks one after the other (default 100)
  --workers N     worker threads of the gateway (default 1)
  --rows A,B      rows to measure: ${rows.join(', ')} (default all)
  --quick         few of everything, to see that it works: the figures mean nothing
  --json FILE     where the results go

The exit code is 1 when the events of a request are not in order, or not exactly one grant was issued for it.
`;

const full = { agents: '40', requests: '5', alone: '100' } as const;
const few = { agents: '4', requests: '2', alone: '3' } as const;

/** @throws TypeError when an argument is not one of ours */
export function parseLifeOptions(args: readonly string[]): LifeOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      agents: { type: 'string' },
      requests: { type: 'string' },
      alone: { type: 'string' },
      workers: { type: 'string', default: '1' },
      rows: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const usual = values.quick ? few : full;
  return {
    agents: whole('--agents', values.agents ?? usual.agents),
    requests: whole('--requests', values.requests ?? usual.requests),
    alone: whole('--alone', values.alone ?? usual.alone),
    workers: whole('--workers', values.workers),
    rows: values.rows.split(',').filter((name) => name !== ''),
    json: values.json,
    help: values.help,
  };
}
