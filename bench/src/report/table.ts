import type { Contender, RowOutcome, Sample } from '../rows/row.js';
import { summarise } from './statistics.js';
import type { Line } from './text-table.js';

/** A column of the table: how a figure is named and rounded. Figures without one are in the JSON only. */
const columns: readonly {
  readonly key: string;
  readonly label: string;
  readonly digits: number;
}[] = [
  { key: 'perSecond', label: '/s', digits: 0 },
  { key: 'megabytesPerSecond', label: 'MB/s', digits: 0 },
  { key: 'p50Ms', label: 'p50 ms', digits: 3 },
  { key: 'p99Ms', label: 'p99 ms', digits: 2 },
  { key: 'lagP50Ms', label: 'lag p50 ms', digits: 0 },
  { key: 'lagP99Ms', label: 'lag p99 ms', digits: 0 },
  { key: 'auditCores', label: 'audit cores', digits: 2 },
  { key: 'p50TimesAlone', label: 'p50 x alone', digits: 2 },
  { key: 'p99TimesAlone', label: 'p99 x alone', digits: 2 },
  { key: 'corePercent', label: 'core %', digits: 0 },
  { key: 'floodPerSecond', label: 'flood/s', digits: 0 },
  { key: 'cpuUsPerCall', label: 'CPU µs/call', digits: 1 },
  { key: 'busCpuUsPerCall', label: 'bus µs/call', digits: 1 },
  { key: 'cpuUsPerEvent', label: 'CPU µs/event', digits: 1 },
  { key: 'kilobytesPerStream', label: 'kB/stream', digits: 0 },
  { key: 'peakMb', label: 'peak MB', digits: 0 },
];

/** One line per contender: medians, the spread of the first figure, and CPU as a multiple of the peers'. */
export function rowTable({ samples }: RowOutcome): readonly Line[] {
  const cpu = (contender: Contender) => median(samples.get(contender) ?? [], 'cpuUsPerCall');
  return [...samples].map(([contender, each]) => {
    const line: Record<string, string> = { who: contender };
    for (const { key, label, digits } of columns) {
      if (each[0]?.[key] === undefined) continue;
      line[label] = median(each, key).toFixed(digits);
    }
    const [first = ''] = Object.keys(each[0] ?? {});
    line['spread'] = `${(summarise(valuesOf(each, first)).spread * 100).toFixed(0)} %`;
    for (const peer of ['nginx', 'kubectl proxy']) {
      const ratio = cpu(peer) / cpu(contender);
      if (Number.isFinite(ratio)) line[`per CPU s x ${peer}`] = ratio.toFixed(2);
    }
    return line;
  });
}

export const median = (samples: readonly Sample[], key: string): number =>
  summarise(valuesOf(samples, key)).median;

const valuesOf = (samples: readonly Sample[], key: string): readonly number[] =>
  samples.flatMap((sample) => sample[key] ?? []);
