import { writeFileSync } from 'node:fs';
import { findPrograms, type Programs } from './machine/find-programs.js';
import { machineFacts } from './machine/machine-facts.js';
import { parseOptions, usage, type BenchOptions } from './options.js';
import { profileSmallGet } from './profile/profile-small-get.js';
import { describeFigures, describeOutcome, describeProfile } from './report/describe.js';
import { judge } from './report/figures.js';
import { resultsOf } from './report/results.js';
import { skipped, type Row, type RowOutcome } from './rows/row.js';
import { rows } from './rows/rows.js';
import { BenchSession, ProgramMissing } from './session.js';

export interface Voice {
  /** Results, for stdout. */
  readonly print: (text: string) => void;
  /** What goes on, for stderr. */
  readonly say: (line: string) => void;
}

/** sysexits.h EX_UNAVAILABLE: what nothing can be measured without is not on this machine. */
const EXIT_UNAVAILABLE = 69;

/**
 * `./drawbridge bench proxy`
 *
 * @returns exit code: 0 also when figures were missed; 1 when a row failed; 69 without upstream or bus
 */
export async function runBench(args: readonly string[], voice: Voice): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    voice.print(usage(rows.map(({ name }) => name)));
    return 0;
  }
  const chosen = choose(options);
  const programs = await findPrograms(voice.say);
  try {
    return await measure(chosen, { options, programs, voice });
  } catch (error) {
    if (!(error instanceof ProgramMissing)) throw error;
    voice.say(error.message);
    return EXIT_UNAVAILABLE;
  }
}

interface Surroundings {
  readonly options: BenchOptions;
  readonly programs: Programs;
  readonly voice: Voice;
}

async function measure(
  chosen: readonly Row[],
  { options, programs, voice }: Surroundings,
): Promise<number> {
  const { print, say } = voice;
  const machine = machineFacts();
  const session = await BenchSession.start(options, programs, say);
  const failures: string[] = [];
  try {
    const outcomes = new Map<string, RowOutcome>();
    for (const row of chosen) {
      say(row.title);
      const outcome = await attempt(row, session, failures);
      await session.bus.forgetLargeRecord();
      outcomes.set(row.name, outcome);
      print(`\n## ${row.title}\n\n${describeOutcome(outcome)}`);
    }
    const profile = options.profile ? await profileSmallGet(session) : undefined;
    if (profile !== undefined) print(describeProfile(profile));
    const figures = judge(outcomes);
    print(describeFigures(figures));
    const run = { machine, programs, options, cores: { ...session.plan }, outcomes };
    const results = resultsOf({ ...run, figures, profile });
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
