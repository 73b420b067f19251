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
  /** When NATS writes to the disk: before it acknowledges, or every two minutes, as it does by default. */
  readonly natsSync: 'always' | 'periodic';
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
  --nats-sync always|periodic   whether NATS writes to the disk before it acknowledges, or every two minutes, which is
                      its default and meant for replicas (default always)
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
      'nats-sync': { type: 'string', default: 'always' },
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
    bodies: oneOf('--bodies', ['all', 'none'], values.bodies),
    natsSync: oneOf('--nats-sync', ['always', 'periodic'], values['nats-sync']),
    json: values.json,
    huge: !values.quick,
    profile: values.profile,
    cpuProfile: values['cpu-profile'],
    help: values.help,
  };
}

function oneOf<Word extends string>(
  option: string,
  words: readonly [Word, Word],
  value: string,
): Word {
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw new TypeError(`${option} is '${words[0]}' or '${words[1]}', not '${value}'`);
}
