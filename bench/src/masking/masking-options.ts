import { parseArgs } from 'node:util';
import { whole } from '../whole-option.js';

export interface MaskingOptions {
  /** Size of each body but the huge one. */
  readonly megabytes: number;
  /** Measured rounds; one more comes before them to warm up. */
  readonly rounds: number;
  /** With the body of ten times the size, of which only memory is measured. */
  readonly huge: boolean;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  /** The one thing that a process measures, when this is not the first one. */
  readonly only: string | undefined;
  readonly help: boolean;
}

export const usage = `usage: ./drawbridge bench masking [options]

Masks bodies in chunks of 64 kB, each in a process of its own, beside passing them on and beside parsing them whole.
  --megabytes N   size of a body (default 50); the huge one is ten times as large
  --rounds N      measured rounds after one to warm up (default 5)
  --quick         one round of 2 MB, nothing huge: to see that it works
  --json FILE     where the results go
`;

/** @throws TypeError when an argument is not one of ours */
export function parseMaskingOptions(args: readonly string[]): MaskingOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabytes: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    megabytes: whole('--megabytes', values.megabytes ?? (values.quick ? '2' : '50')),
    rounds: whole('--rounds', values.rounds ?? (values.quick ? '1' : '5')),
    huge: !values.quick,
    json: values.json,
    only: values.only,
    help: values.help,
  };
}
