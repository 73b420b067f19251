import { programNames, type Programs } from '../machine/find-programs.js';
import type { MachineFacts } from '../machine/machine-facts.js';
import type { BenchOptions } from '../options.js';
import type { CallProfile } from '../profile/profile-small-get.js';
import type { RowOutcome } from '../rows/row.js';
import type { JudgedFigure } from './figures.js';
import { summarise, type Summary } from './statistics.js';

export interface Run {
  readonly machine: MachineFacts;
  readonly programs: Programs;
  readonly options: BenchOptions;
  readonly cores: Readonly<Record<string, readonly number[]>>;
  readonly outcomes: ReadonlyMap<string, RowOutcome>;
  readonly figures: readonly JudgedFigure[];
  readonly profile: CallProfile | undefined;
}

/** Everything that was measured, round by round, with medians and spread: what the JSON file holds. */
export function resultsOf({ machine, programs, options, cores, outcomes, ...rest }: Run): object {
  const { rounds, seconds, bodies } = options;
  return {
    at: new Date().toISOString(),
    machine,
    cores,
    rounds,
    seconds,
    bodies,
    versions: Object.fromEntries(
      programNames.map((name) => [
        name,
        programs.found.get(name)?.version ?? programs.missing.get(name),
      ]),
    ),
    rows: Object.fromEntries([...outcomes].map(([name, outcome]) => [name, rowOf(outcome)])),
    figures: rest.figures,
    profile: rest.profile,
  };
}

const rowOf = ({ samples, notes }: RowOutcome): object => ({
  notes,
  contenders: Object.fromEntries(
    [...samples].map(([contender, rounds]) => {
      const keys = Object.keys(rounds[0] ?? {});
      const summary = keys.map((key): [string, Summary] => [
        key,
        summarise(rounds.flatMap((each) => each[key] ?? [])),
      ]);
      return [contender, { summary: Object.fromEntries<Summary>(summary), rounds }];
    }),
  ),
});
