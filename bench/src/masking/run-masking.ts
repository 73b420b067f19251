import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machineFacts } from '../machine/machine-facts.js';
import { textTable } from '../report/text-table.js';
import type { Voice } from '../run-bench.js';
import type { BodyName } from './bodies.js';
import { parseMaskingOptions, usage, type MaskingOptions } from './masking-options.js';
import { measureShortStrings } from './short-strings.js';
import { rounds as roundsOf, type WayName } from './ways.js';

const MEGABYTE = 1_000_000;
const HUGE = 10;
/** Larger ones run once: they are about memory. */
const MOST_ROUNDS_MEGABYTES = 100;

/** What is measured, each in a process of its own. */
interface Case {
  readonly body: BodyName;
  readonly way: WayName;
  readonly megabytes: number;
}

export interface Measured extends Case {
  /** The best round. */
  readonly megabytesPerSecond: number;
  /** Of the first round, in which everything is new, over what the process had before. */
  readonly peakMegabytes: number;
}

/** A figure of the issue, and what came out. */
interface Figure {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isReached: boolean;
}

/**
 * `./drawbridge bench masking`
 *
 * @returns exit code: 0 also when figures were missed
 */
export function runMasking(args: readonly string[], { print, say }: Voice): number {
  const options = parseMaskingOptions(args);
  if (options.help) {
    print(usage);
    return 0;
  }
  if (options.only !== undefined) {
    print(JSON.stringify(measure(parseCase(options.only), options.rounds)));
    return 0;
  }
  const machine = machineFacts();
  const results = casesOf(options).map((each) => {
    say(`${each.body} ${each.way} ${each.megabytes} MB`);
    return inProcess(each, options);
  });
  print(textTable(results.map(lineOf)));
  const strings = measureShortStrings(options.rounds);
  print(
    `a string of ${strings.bytes.toFixed(0)} bytes on average, all detectors: ${strings.nanoseconds.toFixed(0)} ns\n`,
  );
  const figures = judge(results, options);
  print(textTable(figures.map(figureLine)));
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine, results, strings, figures }, undefined, 2)}\n`,
    );
  }
  return 0;
}

function casesOf({ megabytes, huge }: MaskingOptions): readonly Case[] {
  const ways: Readonly<Record<BodyName, readonly WayName[]>> = {
    secrets: ['mask', 'parse', 'parse-and-mask', 'pass'],
    pods: ['mask', 'parse', 'pass'],
    log: ['mask', 'pass'],
  };
  const bodies = ['secrets', 'pods', 'log'] as const;
  const all = bodies.flatMap((body) => ways[body].map((way) => ({ body, way, megabytes })));
  const large = bodies.map((body) => ({ body, way: 'mask', megabytes: megabytes * HUGE }) as const);
  return huge ? [...all, ...large] : all;
}

function measure(each: Case, rounds: number): Measured {
  const run = roundsOf(each.way, each.body, each.megabytes);
  const first = run();
  const more = Array.from({ length: each.megabytes > MOST_ROUNDS_MEGABYTES ? 0 : rounds }, run);
  const speeds = [first, ...more].map(({ bytes, milliseconds }) => bytes / 1_000 / milliseconds);
  const peakMegabytes = first.peakBytes / MEGABYTE;
  return { ...each, megabytesPerSecond: Math.max(...speeds), peakMegabytes };
}

function inProcess({ body, way, megabytes }: Case, { rounds }: MaskingOptions): Measured {
  const program = fileURLToPath(new URL('./main.js', import.meta.url));
  const only = `${body},${way},${megabytes}`;
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--expose-gc', program, '--only', only, '--rounds', String(rounds)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) throw new Error(`${only} ended with exit code ${String(status)}`);
  // What our own program has just printed.
  return JSON.parse(stdout) as Measured;
}

function parseCase(text: string): Case {
  const [body, way, megabytes] = text.split(',');
  return { body: body as BodyName, way: way as WayName, megabytes: Number(megabytes) };
}

const lineOf = ({ body, way, megabytes, megabytesPerSecond, peakMegabytes }: Measured) => ({
  body: `${body}, ${megabytes} MB`,
  way,
  'MB/s': megabytesPerSecond.toFixed(0),
  'peak MB over idle': peakMegabytes.toFixed(0),
});

const figureLine = ({ what, wanted, measured, isReached }: Figure) => ({
  figure: what,
  wanted,
  measured,
  reached: isReached ? 'yes' : 'no',
});

function judge(
  results: readonly Measured[],
  { megabytes, huge }: MaskingOptions,
): readonly Figure[] {
  const of = (body: BodyName, way: WayName, size = megabytes): Measured | undefined =>
    results.find((each) => each.body === body && each.way === way && each.megabytes === size);
  const ratio = (body: BodyName, beside: WayName, wanted: number): Figure => {
    const times =
      (of(body, 'mask')?.megabytesPerSecond ?? 0) / (of(body, beside)?.megabytesPerSecond ?? 1);
    return {
      what: `${body}: mask beside ${beside}`,
      wanted: `>= ${wanted} x`,
      measured: `${times.toFixed(2)} x`,
      isReached: times >= wanted,
    };
  };
  const memory = (size: number, wanted: number): Figure => {
    const peak = Math.max(
      ...(['secrets', 'pods'] as const).map(
        (body) => of(body, 'mask', size)?.peakMegabytes ?? Infinity,
      ),
    );
    return {
      what: `peak memory over idle, lists of ${size} MB`,
      wanted: `<= ${wanted} MB`,
      measured: `${peak.toFixed(0)} MB`,
      isReached: peak <= wanted,
    };
  };
  const log = of('log', 'mask')?.megabytesPerSecond ?? 0;
  return [
    ratio('secrets', 'parse', 2.5),
    ratio('secrets', 'parse-and-mask', 2.5),
    ratio('pods', 'parse', 1.5),
    memory(megabytes, 32),
    ...(huge ? [memory(megabytes * HUGE, 64)] : []),
    {
      what: 'log, all detectors',
      wanted: '>= 100 MB/s',
      measured: `${log.toFixed(0)} MB/s`,
      isReached: log >= 100,
    },
  ];
}
