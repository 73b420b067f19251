import type { RowOutcome } from '../rows/row.js';
import { median } from './table.js';

export type Outcomes = ReadonlyMap<string, RowOutcome>;

/**
 * A figure that the gateway is meant to reach; a ratio within one run wherever one can be had. Without a bound it
 * is shown only.
 */
export interface Figure {
  readonly name: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** @returns `undefined` when what it is made of was not measured */
  readonly of: (outcomes: Outcomes) => number | undefined;
}

export interface JudgedFigure {
  readonly name: string;
  readonly wanted: string;
  readonly value: number | undefined;
  readonly verdict: 'reached' | 'missed' | 'shown' | 'not measured';
}

/** The median of one figure of one contender. */
const value =
  (row: string, contender: string, key: string) =>
  (outcomes: Outcomes): number | undefined => {
    const samples = outcomes.get(row)?.samples.get(contender) ?? [];
    const found = median(samples, key);
    return Number.isFinite(found) ? found : undefined;
  };

type Value = ReturnType<typeof value>;

const both =
  (combine: (one: number, other: number) => number) =>
  (one: Value, other: Value) =>
  (outcomes: Outcomes): number | undefined => {
    const [first, second] = [one(outcomes), other(outcomes)];
    return first === undefined || second === undefined ? undefined : combine(first, second);
  };
const ratio = both((one, other) => one / other);
const difference = both((one, other) => one - other);

/** Calls per CPU second compared: the inverse of what a call costs. */
const perCpu = (row: string, ours: string, theirs: string) =>
  ratio(value(row, theirs, 'cpuUsPerCall'), value(row, ours, 'cpuUsPerCall'));
const rate = (row: string, ours: string, theirs: string) =>
  ratio(value(row, ours, 'perSecond'), value(row, theirs, 'perSecond'));

export const figures: readonly Figure[] = [
  {
    name: 'small get, calls per CPU second, x kubectl proxy',
    atLeast: 1.8,
    of: perCpu('small-get', 'drawbridge', 'kubectl proxy'),
  },
  {
    name: 'small get, calls per CPU second, x nginx',
    atLeast: 0.45,
    of: perCpu('small-get', 'drawbridge', 'nginx'),
  },
  {
    name: 'the same without bodies on the record, x kubectl proxy',
    of: perCpu('floor', 'drawbridge, without bodies', 'kubectl proxy'),
  },
  {
    name: 'the same without bodies on the record, x nginx',
    of: perCpu('floor', 'drawbridge, without bodies', 'nginx'),
  },
  {
    name: 'Node that checks nothing, calls per CPU second, x kubectl proxy',
    of: perCpu('floor', 'node floor', 'kubectl proxy'),
  },
  {
    name: 'Node that checks nothing, calls per CPU second, x nginx',
    of: perCpu('floor', 'node floor', 'nginx'),
  },
  {
    name: 'one connection, p50 added over direct, ms',
    atMost: 0.3,
    of: difference(
      value('one-connection', 'drawbridge', 'p50Ms'),
      value('one-connection', 'direct', 'p50Ms'),
    ),
  },
  {
    name: 'p99 at half of saturation, x kubectl proxy',
    atMost: 1,
    of: ratio(
      value('half-load', 'drawbridge', 'p99Ms'),
      value('half-load', 'kubectl proxy', 'p99Ms'),
    ),
  },
  {
    name: "p99 at half of kubectl proxy's saturation, x kubectl proxy",
    of: ratio(
      value('half-load', "drawbridge, at kubectl proxy's rate", 'p99Ms'),
      value('half-load', 'kubectl proxy', 'p99Ms'),
    ),
  },
  {
    name: 'nginx with two workers, calls per second, x one',
    of: rate('workers', 'nginx, 2 workers', 'nginx, 1 worker'),
  },
  {
    name: 'two workers, calls per second, x one',
    atLeast: 1.8,
    of: rate('workers', 'drawbridge, 2 workers', 'drawbridge, 1 worker'),
  },
  {
    name: '5 MB without a masking rule, per second, x kubectl proxy',
    atLeast: 0.9,
    of: rate('large-document', 'drawbridge', 'kubectl proxy'),
  },
  {
    name: '5 MB list of pods, masked, per second, x its own unmasked rate',
    atLeast: 0.45,
    of: ratio(
      value('large-list', 'drawbridge', 'perSecond'),
      value('large-document', 'drawbridge', 'perSecond'),
    ),
  },
  {
    name: '5 MB list filtered, per second, x its own unfiltered rate',
    atLeast: 0.45,
    of: rate('filtered-list', 'drawbridge, filtered', 'drawbridge, whole'),
  },
  {
    name: 'HTTP/2 in front, calls per CPU second, x nginx',
    atLeast: 0.45,
    of: perCpu('http2', 'drawbridge', 'nginx'),
  },
  {
    name: 'recording on, calls per second, x recording off',
    atLeast: 0.9,
    of: rate('recording', 'drawbridge', 'drawbridge, unrecorded'),
  },
  {
    name: 'recording, CPU of a call at load, µs',
    atMost: 10,
    of: difference(
      value('recording', 'drawbridge', 'cpuUsPerCall'),
      value('recording', 'drawbridge, unrecorded', 'cpuUsPerCall'),
    ),
  },
  {
    name: 'bodies of 2 kB on the record, CPU of a call at load, µs',
    of: difference(
      value('recording', 'drawbridge, with bodies', 'cpuUsPerCall'),
      value('recording', 'drawbridge', 'cpuUsPerCall'),
    ),
  },
  {
    name: 'recording, p50 added when idle, ms',
    atMost: 0.3,
    of: difference(
      value('recording-idle', 'drawbridge', 'p50Ms'),
      value('recording-idle', 'drawbridge, unrecorded', 'p50Ms'),
    ),
  },
  {
    name: 'from a call to its row beside the gateway at its limit, p99, ms',
    atMost: 2_000,
    of: value('ingest-lag', 'drawbridge, with audit', 'lagP99Ms'),
  },
  {
    name: 'through a connector, calls per CPU second of the proxy, x straight',
    of: ratio(
      value('connector', 'drawbridge, 64 kept connections', 'cpuUsPerCall'),
      value('connector', 'drawbridge, 64 kept connections, through a connector', 'cpuUsPerCall'),
    ),
  },
  {
    name: 'through a connector, p50 added to one connection, ms',
    of: difference(
      value('connector', 'drawbridge, one kept connection, through a connector', 'p50Ms'),
      value('connector', 'drawbridge, one kept connection', 'p50Ms'),
    ),
  },
  {
    name: 'new exec sessions per second, all cores',
    atLeast: 200,
    of: value('exec', 'drawbridge', 'perSecond'),
  },
  {
    name: 'idle watch, kB',
    atMost: 160,
    of: value('idle-watches', 'drawbridge', 'kilobytesPerStream'),
  },
  {
    name: 'idle exec, kB',
    atMost: 200,
    of: value('idle-exec', 'drawbridge', 'kilobytesPerStream'),
  },
  {
    name: "p99 of an agent's calls beside another one's flood, x alone",
    of: value('isolation', 'beside a flood', 'p99TimesAlone'),
  },
  {
    name: "p99 of an agent's calls beside slow readers, x alone",
    of: value('isolation', 'beside slow readers', 'p99TimesAlone'),
  },
  {
    name: '500 MB list, peak of the process, MB',
    atMost: 300,
    of: value('huge-list', 'drawbridge', 'peakMb'),
  },
];

export function judge(outcomes: Outcomes): readonly JudgedFigure[] {
  return figures.map((figure) => {
    const found = figure.of(outcomes);
    return {
      name: figure.name,
      wanted: wantedOf(figure),
      value: found,
      verdict: found === undefined ? 'not measured' : verdictOf(figure, found),
    };
  });
}

function wantedOf({ atLeast, atMost }: Figure): string {
  if (atLeast !== undefined) return `>= ${atLeast}`;
  return atMost === undefined ? '' : `<= ${atMost}`;
}

function verdictOf({ atLeast, atMost }: Figure, found: number): JudgedFigure['verdict'] {
  if (atLeast === undefined && atMost === undefined) return 'shown';
  return found >= (atLeast ?? found) && found <= (atMost ?? found) ? 'reached' : 'missed';
}
