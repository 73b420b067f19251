import { textTable, type Line } from '../report/text-table.js';
import type { Checkpoint } from './checkpoint.js';
import type { Verdict } from './verdicts.js';

const mb = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** One column per checkpoint, one row per measure. */
export function describeCheckpoints(points: readonly Checkpoint[]): string {
  const rows: [string, (point: Checkpoint) => string][] = [
    ['seconds', ({ seconds }) => String(seconds)],
    ['grants ended', ({ grants }) => String(grants)],
    ['calls', ({ calls }) => String(calls)],
    ['resident MB', ({ residentBytes }) => mb(residentBytes)],
    ['heap MB', ({ census }) => mb(census.heapBytes)],
    ['external MB', ({ census }) => mb(census.externalBytes)],
    ['roles and bindings', ({ bindings }) => String(bindings)],
    ['JetStream consumers', ({ consumers }) => String(consumers)],
    ...keysOf(points, ({ files }) => files).map(counted('fd', ({ files }) => files)),
    ...keysOf(points, ({ census }) => census.resources).map(
      counted('resource', ({ census }) => census.resources),
    ),
    ...keysOf(points, ({ census }) => census.alive).map(
      counted('alive', ({ census }) => census.alive),
    ),
    ...keysOf(points, ({ figures }) => figures).map(counted('figure', ({ figures }) => figures)),
  ];
  const line = ([measure, of]: (typeof rows)[number]) =>
    Object.fromEntries([['', measure], ...points.map((point) => [point.name, of(point)])]) as Line;
  return textTable(rows.map(line));
}

type Counts = (point: Checkpoint) => Readonly<Record<string, number>>;

const keysOf = (points: readonly Checkpoint[], of: Counts): readonly string[] =>
  [...new Set(points.flatMap((point) => Object.keys(of(point))))].toSorted();

const counted =
  (kind: string, of: Counts) =>
  (key: string): [string, (point: Checkpoint) => string] => [
    `${kind}: ${key}`,
    (point) => String(of(point)[key] ?? 0),
  ];

/** What holds and what does not, the latter first. */
export function describeVerdicts(verdicts: readonly Verdict[]): string {
  const line = ({ name, holds, found }: Verdict) => `${holds ? 'ok  ' : 'FAIL'} ${name}: ${found}`;
  const bad = verdicts.filter(({ holds }) => !holds);
  return [...verdicts.filter(({ holds }) => holds), ...bad].map(line).join('\n');
}
