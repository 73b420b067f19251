import { parseArgs } from 'node:util';
import { whole } from './whole-option.js';

export interface BenchOptions {
  /** Names of rows; empty: all. */
  readonly rows: readonly string[];
  /** Measured rounds; one more comes before them to warm up. */
  readonly rounds: number;
  /** Of each load of each round. */
  readonly seconds: number;
  /** Of the round that warms up, where a row is a closed loop; at least as long as the others. */
  readonly warmUpSeconds: number;
  /** Where the results go as JSON. */
  readonly json: string;
  /** With the 500 MB list. */
  readonly huge: boolean;
  /** Also where the time goes inside Drawbridge. */
  readonly profile: boolean;
  /** Where the CPU profile goes as V8 wrote it; absent: nowhere. */
  readonly cpuProfile: string | undefined;
  /** Of which calls bodies are kept on the record, but in rows that are about that. */
  readonly bodies: 'all' | 'none';
  readonly help: boolean;
}

export const usage = (rows: readonly string[]): string => `usage: ./drawbridge bench proxy [options]

Measures Drawbridge beside nginx, HAProxy, kubectl proxy and the bare upstream, taking turns, on one upstream.
  --rows A,B          only these rows: ${rows.join(', ')}
  --rounds N          measured rounds after one to warm up (default 7)
  --seconds S         of each load in each round (default 4)
  --warm-up S         of the round before them, where a row is a closed loop (default 12)
  --quick             two rounds of a second: to see that it works
  --no-profile        not where the time goes inside Drawbridge
  --cpu-profile FILE  keep that profile, to look at it in a browser's developer tools
  --bodies all|none   whether bodies of calls are on the record, in rows that are not about that (default all)
  --json FILE         where the results go (default bench-results.json)
`;

/** @throws TypeError when an argument is not one of ours */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rows: { type: 'string', default: '' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: true },
      'cpu-profile': { type: 'string' },
      bodies: { type: 'string', default: 'all' },
      json: { type: 'string', default: 'bench-results.json' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rows = values.rows.split(',').filter((name) => name !== '');
  return {
    rows,
    rounds: whole('--rounds', values.rounds ?? (values.quick ? '2' : '7')),
    seconds: whole('--seconds', values.seconds ?? (values.quick ? '1' : '4')),
    warmUpSeconds: whole('--warm-up', values['warm-up'] ?? (values.quick ? '1' : '12')),
    bodies: allOrNone(values.bodies),
    json: values.json,
    huge: !values.quick,
    profile: values.profile,
    cpuProfile: values['cpu-profile'],
    help: values.help,
  };
}

function allOrNone(value: string): 'all' | 'none' {
  if (value === 'all' || value === 'none') return value;
  throw new TypeError(`--bodies is 'all' or 'none', not '${value}'`);
}
