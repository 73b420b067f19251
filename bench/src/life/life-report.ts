import { quantile } from '../report/statistics.js';
import type { Line } from '../report/text-table.js';
import type { ClickTimes, MeasuredRow } from './measure-row.js';

/** From the click to the usable grant. */
const WANTED_P99_MS = 300;

type Step = (times: ClickTimes) => number;

interface Distribution {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

function distribution(clicks: readonly ClickTimes[], step: Step): Distribution {
  const sorted = clicks.map(step).toSorted((one, other) => one - other);
  return {
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    mostMs: sorted.at(-1) ?? Number.NaN,
  };
}

const columns: Readonly<Record<string, Step>> = {
  'click to usable': ({ usable }) => usable,
  'click to GrantIssued': ({ issued }) => issued,
  'request to card': ({ card }) => card,
};

/** From one step to the next; events bear whole milliseconds. */
const steps: Readonly<Record<string, Step>> = {
  'click to ApprovalGiven': ({ given }) => given,
  'to AccessRequestApproved': ({ given, approved }) => approved - given,
  'to GrantIssued': ({ approved, issued }) => issued - approved,
  'to the agent': ({ issued, told }) => told - issued,
  'to its answer': ({ told, usable }) => usable - told,
};

const ms = (value: number): string => value.toFixed(0);
const each = ({ p50Ms, p99Ms, mostMs }: Distribution): string =>
  `${ms(p50Ms)} / ${ms(p99Ms)} / ${ms(mostMs)}`;

const timesLine = ({ row, clicks }: MeasuredRow, of: Readonly<Record<string, Step>>): Line => ({
  'p50 / p99 / most, ms': row.title,
  clicks: String(clicks.length),
  ...Object.fromEntries(
    Object.entries(of).map(([name, step]) => [name, each(distribution(clicks, step))]),
  ),
});

/** What is asked for. */
export const lineOf = (measured: MeasuredRow): Line => timesLine(measured, columns);

/** Where the time from the click to the usable grant goes. */
export const stepsLine = (measured: MeasuredRow): Line => timesLine(measured, steps);

/** What a click costs each process until its grant is used. */
export const cpuLine = ({ row, cpuMs }: MeasuredRow): Line => ({
  'CPU ms per click': row.title,
  ...Object.fromEntries(Object.entries(cpuMs).map(([name, used]) => [name, used.toFixed(1)])),
});

export interface Figure {
  readonly row: string;
  readonly wantedP99Ms: number;
  readonly p99Ms: number;
  readonly isReached: boolean;
}

export function figureOf({ row, clicks }: MeasuredRow): Figure {
  const { p99Ms } = distribution(clicks, ({ usable }) => usable);
  return { row: row.name, wantedP99Ms: WANTED_P99_MS, p99Ms, isReached: p99Ms <= WANTED_P99_MS };
}

export const figureLine = ({ row, wantedP99Ms, p99Ms, isReached }: Figure): Line => ({
  figure: `${row}: click to usable grant, p99`,
  wanted: `<= ${wantedP99Ms} ms`,
  measured: `${ms(p99Ms)} ms`,
  reached: isReached ? 'yes' : 'no',
});

const distributions = (clicks: readonly ClickTimes[], of: Readonly<Record<string, Step>>) =>
  Object.fromEntries(Object.entries(of).map(([name, step]) => [name, distribution(clicks, step)]));

export const resultOf = ({ row, clicks, cpuMs }: MeasuredRow): object => ({
  name: row.name,
  together: row.together,
  ...distributions(clicks, columns),
  steps: distributions(clicks, steps),
  acknowledged: distribution(clicks, ({ acknowledged }) => acknowledged),
  refusals: clicks.reduce((sum, { refusals }) => sum + refusals, 0),
  cpuMs,
  clicks,
});
