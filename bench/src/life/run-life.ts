import { writeFileSync } from 'node:fs';
import { machineFacts } from '../machine/machine-facts.js';
import { textTable } from '../report/text-table.js';
import type { Voice } from '../run-bench.js';
import { inSlack } from './clicks.js';
import { parseLifeOptions, usage, type LifeOptions } from './life-options.js';
import { cpuLine, figureLine, figureOf, lineOf, resultOf, stepsLine } from './life-report.js';
import { LifeWorld } from './life-world.js';
import { publishedLines } from './published-figures.js';
import {
  deploymentsOf,
  lifeRows,
  measureRow,
  type LifeRow,
  type MeasuredRow,
} from './measure-row.js';

/** Not counted: code that has never run, connections that nobody has opened. */
const warmUp: LifeRow = { name: 'warm-up', title: 'to warm up', by: inSlack, together: true };

/**
 * `./drawbridge bench life`
 *
 * @returns exit code: 1 when the events of a request are not as they must be; 0 also when a figure was missed
 */
export async function runLife(args: readonly string[], { print, say }: Voice): Promise<number> {
  const options = parseLifeOptions(args);
  if (options.help) {
    print(usage(lifeRows.map(({ name }) => name)));
    return 0;
  }
  const rows = [warmUp, ...choose(options)];
  const machine = machineFacts();
  const { measured, problems } = await measure(rows, options, say);
  const figures = measured.map(figureOf);
  for (const lines of [measured.map(lineOf), measured.map(stepsLine), measured.map(cpuLine)])
    print(textTable(lines));
  print(textTable(figures.map(figureLine)));
  print(textTable(publishedLines));
  print(verdictOf(measured, problems));
  if (options.json !== undefined) {
    const results = { at: new Date().toISOString(), machine, options, figures, problems };
    const text = JSON.stringify({ ...results, rows: measured.map(resultOf) }, undefined, 2);
    writeFileSync(options.json, `${text}\n`);
  }
  return problems.length === 0 ? 0 : 1;
}

/** @throws TypeError for a name that no row has */
function choose({ rows }: LifeOptions): readonly LifeRow[] {
  if (rows.length === 0) return lifeRows;
  const unknown = rows.filter((name) => !lifeRows.some((row) => row.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no row ${unknown.join(', ')}`);
  return lifeRows.filter(({ name }) => rows.includes(name));
}

const requestsOf = ({ together }: LifeRow, { agents, requests, alone }: LifeOptions): number =>
  together ? agents * requests : alone;

interface Measured {
  readonly measured: readonly MeasuredRow[];
  /** What is wrong with the events, of the warm-up too. */
  readonly problems: readonly string[];
}

async function measure(
  rows: readonly LifeRow[],
  options: LifeOptions,
  say: Voice['say'],
): Promise<Measured> {
  const { agents, workers } = options;
  const deployments = rows.flatMap((row) =>
    deploymentsOf(row.name, requestsOf(row, options), agents),
  );
  const world = await LifeWorld.start({ agents, workers, deployments });
  try {
    const measured: MeasuredRow[] = [];
    for (const row of rows) {
      say(`${row.name}: ${row.title}`);
      measured.push(await measureRow(world, row, requestsOf(row, options)));
    }
    const problems = world.parts.stream.problems(measured.flatMap(({ requestIds }) => requestIds));
    return { measured: measured.slice(1), problems };
  } finally {
    await world.stop();
  }
}

function verdictOf(measured: readonly MeasuredRow[], problems: readonly string[]): string {
  if (problems.length > 0) return ['NOT IN ORDER', ...problems].join('\n');
  const refusals = measured.flatMap(({ clicks }) => clicks).filter((click) => click.refusals > 0);
  return [
    'Every request has its events in order, and exactly one grant.',
    `Agents whom the gateway refused after they had been told: ${refusals.length}.`,
  ].join('\n');
}
