import { writeFileSync } from 'node:fs';
import { findPrograms } from './machine/find-programs.js';
import { machineFacts } from './machine/machine-facts.js';
import { parseOptions, usage, type BenchOptions } from './options.js';
import { profileSmallGet } from './profile/profile-small-get.js';
import type { FoldedProfile, Share } from './profile/fold-profile.js';
import { judge, type JudgedFigure } from './report/figures.js';
import { resultsOf } from './report/results.js';
import { rowTable } from './report/table.js';
import { textTable } from './report/text-table.js';
import { skipped, type Row, type RowOutcome } from './rows/row.js';
import { rows } from './rows/rows.js';
import { BenchSession, ProgramMissing } from './session.js';

export interface Voice {
  /** Results, for stdout. */
  readonly print: (text: string) => void;
  /** What goes on, for stderr. */
  readonly say: (line: string) => void;
}

/**
 * `./drawbridge bench proxy`
 *
 * @returns exit code: 0 also when figures were missed, 1 when a row could not be measured
 */
export async function runBench(args: readonly string[], { print, say }: Voice): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    print(usage(rows.map(({ name }) => name)));
    return 0;
  }
  const chosen = choose(options);
  const machine = machineFacts();
  const programs = await findPrograms(say);
  const session = await BenchSession.start(options, programs, say);
  const failures: string[] = [];
  try {
    const outcomes = new Map<string, RowOutcome>();
    for (const row of chosen) {
      say(row.title);
      const outcome = await attempt(row, session, failures);
      outcomes.set(row.name, outcome);
      print(`\n## ${row.title}\n\n${describeOutcome(outcome)}`);
    }
    const profile = options.profile ? await profileSmallGet(session) : undefined;
    if (profile !== undefined) print(describeProfile(profile));
    const judged = judge(outcomes);
    print(describeFigures(judged));
    const run = { machine, programs, options, cores: { ...session.plan }, outcomes };
    const results = resultsOf({ ...run, figures: judged, profile });
    writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    await session.stop();
  }
  for (const failure of failures) say(failure);
  return failures.length === 0 ? 0 : 1;
}

/** @throws TypeError for a name that no row has */
function choose({ rows: names }: BenchOptions): readonly Row[] {
  if (names.length === 0) return rows;
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no row ${unknown.join(', ')}`);
  return rows.filter(({ name }) => names.includes(name));
}

/** One row that fails must not cost the others their hour. */
async function attempt(row: Row, session: BenchSession, failures: string[]): Promise<RowOutcome> {
  try {
    return await row.run(session);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ProgramMissing)) failures.push(`${row.name}: ${reason}`);
    return skipped(reason);
  }
}

const describeOutcome = (outcome: RowOutcome): string =>
  [
    ...(outcome.samples.size === 0 ? [] : [textTable(rowTable(outcome))]),
    ...outcome.notes.map((note) => `Left out: ${note}\n`),
  ].join('\n');

function describeProfile({ steps, functions }: FoldedProfile): string {
  const table = (label: string, shares: readonly Share[]) =>
    textTable(
      shares.map(({ name, share }) => ({ [label]: name, share: `${(share * 100).toFixed(1)} %` })),
    );
  return [
    '\n## Where the time of a small get goes inside Drawbridge\n',
    table('step', steps),
    table('function, its own time', functions),
  ].join('\n');
}

const describeFigures = (judged: readonly JudgedFigure[]): string =>
  `\n## Figures\n\n${textTable(
    judged.map(({ name, wanted, value, verdict }) => ({
      figure: name,
      wanted,
      found: value === undefined ? '' : String(Number(value.toPrecision(3))),
      verdict,
    })),
  )}`;
