import type { CheckpointTimestamp } from '@drawbridge/contracts';
import {
  checkExport,
  checkStream,
  KeyRing,
  NoteRefused,
  openCheckpoint,
  openKeyChain,
  SealRefused,
  type ExportReport,
  type Finding,
  type Gap,
  type KeyChain,
  type PublicKey,
  type StreamReport,
} from '@drawbridge/integrity';
import { CliError } from '../cli-error.js';
import { directoryFiles } from './directory-files.js';
import { openKeptNotes, readKeptNotes } from './kept-checkpoints.js';
import type { Announced, Beginning, RecordReader } from './record-reader.js';
import { TimestampCheck, type TimestampReport } from './timestamp-check.js';

export interface RecordCheck {
  readonly chain: Pick<KeyChain, 'name'>;
  readonly streams: readonly CheckedStream[];
  /** All of them, also those of streams. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** Of an export: who took it when, as audit signed it. */
  readonly taken?: { readonly by: string; readonly at: string };
  /** When it is one session and not a part of the streams. */
  readonly session?: ExportReport['session'];
}

/** With `timestamps` when it was said which time stampers are believed. */
export type CheckedStream = StreamReport & { readonly timestamps?: TimestampReport };

export interface Believed {
  readonly trusted?: PublicKey;
  /** Files and directories of checkpoints that were kept elsewhere. */
  readonly kept: readonly string[];
  /** PEM: who vouches for time stampers. Absent: no timestamp is looked at. */
  readonly timestampRoots?: string;
}

export interface LiveCheck {
  /** Streams; absent for all. */
  readonly only?: readonly string[];
  /** Messages as ClickHouse gives them back, instead of those in JetStream. */
  readonly rows: boolean;
  readonly now: Date;
}

/** Audit seals every few seconds: a message that waits for longer is not on its way to be sealed. */
const MAX_UNSEALED_MS = 120_000;

/**
 * Checks what audit gives, from the beginning of each log.
 *
 * @throws KeyChainRefused, NoteRefused, CliError, ApiRefused
 */
export async function checkLive(
  reader: RecordReader,
  { trusted, kept: paths, timestampRoots }: Believed,
  { only, rows, now }: LiveCheck,
): Promise<RecordCheck> {
  const chain = openKeyChain(await reader.statements(), trusted);
  const kept = openKeptNotes(await readKeptNotes(paths), chain);
  const named = kept.map(({ origin }) => origin.slice(chain.name.length + 1));
  // A log that has vanished as a whole is told by what was kept of it.
  const announced = await reader.newest();
  const found = [...new Set([...announced.map(({ stream }) => stream), ...named])];
  refuseUnsealed(only, found);
  const streams: CheckedStream[] = [];
  const strays: Finding[] = [];
  for (const stream of found.filter((name) => only?.includes(name) ?? true)) {
    const origin = `${chain.name}/${stream}`;
    const most = mostSeals(announced, chain, stream);
    const timestamps = await timestampsOf(reader.timestamps(stream, most), stream, timestampRoots);
    const seals = reader.seals(stream, most);
    const report = await checkStream({
      stream,
      origin,
      ring: new KeyRing(chain),
      seals: timestamps === undefined ? seals : timestamps.of(seals),
      ...(rows
        ? await rowsOf(reader, stream, { now, onStray: (row) => strays.push(strayOf(stream, row)) })
        : await messagesOf(reader, stream, now)),
      kept: kept.filter((checkpoint) => checkpoint.origin === origin),
    });
    const late = now.getTime() - MAX_UNSEALED_MS;
    const checked = (report.unsealedSince ?? Infinity) < late ? withUnsealed(report) : report;
    streams.push(timestamps === undefined ? checked : withTimestamps(checked, timestamps.report()));
  }
  return { chain, streams, ...all(streams, strays) };
}

/** A name that was mistyped must not look like a stream in which nothing is wrong. */
function refuseUnsealed(only: readonly string[] | undefined, found: readonly string[]): void {
  const unknown = only?.filter((name) => !found.includes(name)) ?? [];
  if (unknown.length === 0) return;
  const sealed = found.toSorted().join(', ') || 'nothing';
  throw new CliError(
    'usage_invalid',
    `--stream: nothing is sealed of ${unknown.join(', ')}, but of ${sealed}`,
  );
}

/** Sealed while we read. */
const MAX_NEW_SEALS = 10_000;

/** Each seal adds a message, and only who has the key can say how many there are. */
function mostSeals(announced: readonly Announced[], chain: KeyChain, stream: string): number {
  const note = announced.find((one) => one.stream === stream)?.note;
  if (note === undefined) return MAX_NEW_SEALS;
  const name = `${chain.name}/${stream}`;
  try {
    const { checkpoint } = new KeyRing(chain).open((key) => ({
      checkpoint: openCheckpoint(note, { name, key }),
    }));
    return checkpoint.size + MAX_NEW_SEALS;
  } catch (error) {
    // Its seal is told as what it is, when it is read.
    if (error instanceof NoteRefused || error instanceof SealRefused) return MAX_NEW_SEALS;
    throw error;
  }
}

async function timestampsOf(
  read: AsyncIterable<CheckpointTimestamp>,
  stream: string,
  roots: string | undefined,
): Promise<TimestampCheck | undefined> {
  if (roots === undefined) return undefined;
  const check = new TimestampCheck(stream, roots);
  await check.read(read);
  return check;
}

const withTimestamps = (report: StreamReport, timestamps: TimestampReport): CheckedStream => ({
  ...report,
  timestamps,
  findings: [...report.findings, ...timestamps.findings],
  findingCount: report.findingCount + timestamps.findings.length,
});

async function messagesOf(reader: RecordReader, stream: string, now: Date) {
  return {
    ...wantedFrom(await reader.firstMessage(stream), now),
    messages: reader.messages(stream),
  };
}

async function rowsOf(reader: RecordReader, stream: string, { now, onStray }: ReadingRows) {
  const first = await reader.firstRow(stream);
  return {
    ...wantedFrom(first, now, first.storedUpTo),
    messages: reader.rebuilt(stream, onStray),
  };
}

interface ReadingRows {
  readonly now: Date;
  readonly onStray: (row: string) => void;
}

const DAY_MS = 86_400_000;

/**
 * What must be there. Where the oldest is about as old as anything may be, what came before it has had its time; else
 * only what was sealed that long ago may be gone.
 */
export function wantedFrom(
  { sequence, storedAt = Infinity, days = Infinity }: Beginning,
  now: Date,
  upTo = Number.MAX_SAFE_INTEGER,
): { readonly wanted: readonly Gap[]; readonly keptSince: number } {
  const keptSince = now.getTime() - (days - 1) * DAY_MS;
  const from = storedAt < keptSince ? sequence : 1;
  return { wanted: upTo < from ? [] : [[from, upTo]], keptSince };
}

function strayOf(stream: string, row: string): Finding {
  const text =
    'the row says of no message that it came from it: it was put in, or recorded by an old version';
  return { kind: 'unsealed', stream, row, text };
}

/**
 * Checks an export that was unpacked, with nothing else.
 *
 * @throws KeyChainRefused, NoteRefused, CliError
 */
export async function checkDirectory(
  directory: string,
  { trusted, kept: paths }: Believed,
): Promise<RecordCheck> {
  const files = await directoryFiles(directory);
  const notes = await readKeptNotes(paths);
  const report = await checkExport({
    files,
    ...(trusted === undefined ? {} : { trusted }),
    keptOf: (chain) => openKeptNotes(notes, chain),
  });
  const { name, by, at, session } = report;
  if (session !== undefined && paths.length > 0) throw noLog();
  // An export is of what was sealed.
  const streams = report.streams.map((stream) =>
    stream.unsealed > 0 ? withUnsealed(stream) : stream,
  );
  return {
    chain: { name },
    streams,
    ...(by === undefined || at === undefined ? {} : { taken: { by, at } }),
    ...(session === undefined ? {} : { session }),
    ...all(streams, report.findings),
  };
}

const noLog = (): CliError =>
  new CliError(
    'usage_invalid',
    '--kept: one session is no log that a checkpoint could be missing in',
  );

function withUnsealed(report: StreamReport): StreamReport {
  const { stream, unsealed, last, findings, findingCount } = report;
  const after = last === undefined ? '' : ` behind sequence ${last.last}`;
  const text = `${unsealed} message(s)${after} that no checkpoint speaks of`;
  const sequence = (last?.last ?? 0) + 1;
  const finding: Finding = { kind: 'unsealed', stream, sequence, text };
  return { ...report, findings: [...findings, finding], findingCount: findingCount + 1 };
}

const all = (streams: readonly StreamReport[], others: readonly Finding[]) => ({
  findings: [...others, ...streams.flatMap(({ findings }) => findings)],
  findingCount: streams.reduce((sum, { findingCount }) => sum + findingCount, others.length),
});
