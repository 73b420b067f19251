import { writeFileSync } from 'node:fs';
import { machineFacts } from '../machine/machine-facts.js';
import { quantile } from '../report/statistics.js';
import { textTable, type Line } from '../report/text-table.js';
import type { Voice } from '../run-bench.js';
import { parseHoldsOptions, usage, type HoldsOptions } from './holds-options.js';
import { HoldsWorld } from './holds-world.js';
import {
  holdsRows,
  measureRow,
  type ClickTimes,
  type HoldsRow,
  type MeasuredRow,
} from './measure-row.js';

/** From the click to the answer of the forwarded call. */
const WANTED_P99_MS = 500;

/**
 * `./drawbridge bench holds`
 *
 * @returns exit code: 0 also when the figure was missed
 */
export async function runHolds(args: readonly string[], { print, say }: Voice): Promise<number> {
  const options = parseHoldsOptions(args);
  if (options.help) {
    print(usage(holdsRows.map(({ name }) => name)));
    return 0;
  }
  const chosen = choose(options);
  const machine = machineFacts();
  const world = await HoldsWorld.start(options.workers);
  const measured: MeasuredRow[] = [];
  try {
    for (const row of chosen) {
      say(`${row.name}: ${row.title}`);
      measured.push(await measureRow(world, row, options.rounds));
    }
  } finally {
    await world.stop();
  }
  print(textTable(measured.map(lineOf)));
  const figures = measured.map(figureOf);
  print(textTable(figures.map(figureLine)));
  if (options.json !== undefined) {
    const rows = measured.map(resultOf);
    const results = { at: new Date().toISOString(), machine, options, rows, figures };
    writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  return 0;
}

/** @throws TypeError for a name that no row has */
function choose({ rows }: HoldsOptions): readonly HoldsRow[] {
  if (rows.length === 0) return holdsRows;
  const unknown = rows.filter((name) => !holdsRows.some((row) => row.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no row ${unknown.join(', ')}`);
  return holdsRows.filter(({ name }) => rows.includes(name));
}

type Step = (times: ClickTimes) => number;

/** From one step to the next, but for the last two. */
const steps: Readonly<Record<string, Step>> = {
  'click to approved': ({ approved }) => approved,
  'to released': ({ approved, released }) => released - approved,
  'to answered': ({ released, answered }) => answered - released,
};
const answered: Step = (times) => times.answered;

interface Distribution {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

function distribution(clicks: readonly ClickTimes[], step: Step): Distribution {
  const sorted = clicks.map(step).toSorted((one, other) => one - other);
  return {
    p50Ms: quantile(sorted, 0.5),
    p90Ms: quantile(sorted, 0.9),
    p99Ms: quantile(sorted, 0.99),
    mostMs: sorted.at(-1) ?? Number.NaN,
  };
}

const ms = (value: number): string => value.toFixed(1);

function lineOf({ row, clicks, readsPerSecond }: MeasuredRow): Line {
  const whole = distribution(clicks, answered);
  const parts = Object.entries(steps).map(([name, step]): [string, string] => {
    const { p50Ms, p99Ms } = distribution(clicks, step);
    return [`${name} p50/p99`, `${ms(p50Ms)} / ${ms(p99Ms)}`];
  });
  return {
    click: row.title,
    clicks: String(clicks.length),
    'p50 ms': ms(whole.p50Ms),
    'p99 ms': ms(whole.p99Ms),
    'most ms': ms(whole.mostMs),
    ...Object.fromEntries(parts),
    'reads/s': readsPerSecond === 0 ? '' : readsPerSecond.toFixed(0),
  };
}

const resultOf = ({ row, clicks, readsPerSecond }: MeasuredRow): object => ({
  name: row.name,
  waiting: row.waiting,
  readers: row.readers,
  readsPerSecond,
  answered: distribution(clicks, answered),
  acknowledged: distribution(clicks, (times) => times.acknowledged),
  steps: Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, distribution(clicks, step)]),
  ),
  clicks,
});

interface Figure {
  readonly row: string;
  readonly wantedP99Ms: number;
  readonly p99Ms: number;
  readonly isReached: boolean;
}

function figureOf({ row, clicks }: MeasuredRow): Figure {
  const { p99Ms } = distribution(clicks, answered);
  return { row: row.name, wantedP99Ms: WANTED_P99_MS, p99Ms, isReached: p99Ms <= WANTED_P99_MS };
}

const figureLine = ({ row, wantedP99Ms, p99Ms, isReached }: Figure): Line => ({
  figure: `${row}: click to forwarded call, p99`,
  wanted: `<= ${wantedP99Ms} ms`,
  measured: `${ms(p99Ms)} ms`,
  reached: isReached ? 'yes' : 'no',
});
