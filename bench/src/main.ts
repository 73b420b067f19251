import { writeFileSync } from 'node:fs';
import { findPrograms } from './machine/find-programs.js';
import { machineFacts } from './machine/machine-facts.js';
import { parseOptions, usage } from './options.js';
import { rowTable } from './report/table.js';
import { profileSmallGet } from './profile/profile-small-get.js';
import { shareTable } from './profile/share-table.js';
import { rows } from './rows/rows.js';
import { BenchSession } from './session.js';

const names = rows.map(({ name }) => name);

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) return console.log(usage(names));
  const say = (line: string) => console.error(line);
  const machine = machineFacts();
  const programs = await findPrograms(say);
  const session = await BenchSession.start(options, programs, say);
  try {
    const chosen = rows.filter(
      ({ name }) => options.rows.length === 0 || options.rows.includes(name),
    );
    for (const row of chosen) {
      console.log(`\n${row.title}`);
      const outcome = await row.run(session);
      console.table(rowTable(outcome));
    }
    if (options.profile) {
      const { steps, functions } = await profileSmallGet(session);
      console.log('\nWhere the time of a small get goes inside Drawbridge');
      console.table(shareTable(steps));
      console.table(shareTable(functions));
    }
  } finally {
    await session.stop();
  }
  writeFileSync(options.json, JSON.stringify({ machine }, undefined, 2));
}

await main(process.argv.slice(2));
