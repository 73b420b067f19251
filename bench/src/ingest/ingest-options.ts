import { parseArgs } from 'node:util';
import { whole } from '../whole-option.js';

export interface IngestOptions {
  /** Waiting in the stream when audit starts. */
  readonly commands: number;
  /** A second, while audit runs. */
  readonly rate: number;
  readonly seconds: number;
  readonly help: boolean;
}

export const usage = `usage: ./drawbridge bench ingest [options]

How fast audit copies commands from the stream into ClickHouse, on nats-server and the embedded engine.
  --commands N   wait in the stream when audit starts, to be caught up with (default 1000000)
  --rate N       commands a second while it runs, to see how far it is behind (default 20000)
  --seconds S    of that (default 20)
  --quick        few of everything, to see that it works: the figures mean nothing

The exit code is 1 when not every command has exactly one row.
`;

/** @throws TypeError when an argument is not one of ours */
export function parseIngestOptions(args: readonly string[]): IngestOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      commands: { type: 'string' },
      rate: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    commands: whole('--commands', values.commands ?? (values.quick ? '20000' : '1000000')),
    rate: whole('--rate', values.rate ?? (values.quick ? '2000' : '20000')),
    seconds: whole('--seconds', values.seconds ?? (values.quick ? '3' : '20')),
    help: values.help,
  };
}
