import { KeyStatement, Seal, StreamMessage } from '@drawbridge/contracts';
import { z } from 'zod';
import type { Gap } from './checkpoint.js';
import { openExportStatement } from './export-statement.js';
import { Findings, type Finding } from './finding.js';
import { KeyRing, openKeyChain, type KeyChain } from './key-chain.js';
import { listedFiles, type ListedFiles } from './listed-files.js';
import { base64, NoteRefused, type PublicKey } from './note.js';
import { SealRefused, type Checkpoint } from './checkpoint.js';
import { sha256 } from './merkle.js';
import { digestsOf, type ReadMessage } from './message-check.js';
import { checkStream, type StreamReport } from './stream-check.js';

/** The files of an export, wherever they are. */
export interface ExportFiles {
  /** Paths of all files, with `/` between. */
  paths(): Promise<readonly string[]>;
  /** The bytes of a file in pieces; `undefined` when there is none. */
  read(path: string): AsyncIterable<Uint8Array> | undefined;
}

export interface ExportReport {
  readonly name: string;
  /** Who took it when, when audit signed that. */
  readonly by?: string;
  readonly at?: string;
  readonly streams: readonly StreamReport[];
  /** Of a session that was taken away, which has no messages of streams: its access request, and how many files it has. */
  readonly session?: { readonly accessRequestId: string; readonly files: number };
  /** What is wrong with files by themselves. */
  readonly findings: readonly Finding[];
}

export interface ExportToCheck {
  readonly files: ExportFiles;
  readonly trusted?: PublicKey;
  /** Checkpoints that were kept elsewhere, opened with the keys of the export. */
  readonly keptOf?: (chain: KeyChain) => readonly Checkpoint[];
}

const MANIFEST = 'manifest.json';
const STATEMENT = 'manifest.note';
const KEYS = 'keys.ndjson';
const SESSION_KEYS = 'integrity/keys.json';
const SessionKeys = z.looseObject({ keys: z.array(z.looseObject({ statement: z.string() })) });
const MAX_SMALL_BYTES = 16_777_216;
/** A seal, or a message of 1 MiB in base64. */
const MAX_LINE_BYTES = 2_097_152;

/**
 * Checks an export, or a session that was taken away, with nothing but itself and, best, a key that is trusted from elsewhere.
 *
 * @throws KeyChainRefused, NoteRefused when there are no keys to check with
 */
export async function checkExport(options: ExportToCheck): Promise<ExportReport> {
  const check = new ExportCheck(options);
  await check.readKeys();
  await check.checkFiles();
  await check.checkStreams();
  return check.report();
}

class ExportCheck {
  readonly #findings = new Findings('');
  #kept: readonly Checkpoint[] = [];
  #keys: KeyChain = { name: '', keys: [] };
  #manifest: ListedFiles | undefined;
  #statement: { readonly by: string; readonly at: string } | undefined;
  readonly #streams: StreamReport[] = [];

  constructor(private readonly options: ExportToCheck) {}

  report(): ExportReport {
    return {
      name: this.#keys.name,
      ...this.#statement,
      streams: this.#streams,
      ...this.#session(),
      findings: this.#findings.list,
    };
  }

  #session(): Pick<ExportReport, 'session'> {
    const { session: accessRequestId, files } = this.#manifest ?? {};
    if (accessRequestId === undefined) return {};
    return { session: { accessRequestId, files: files?.size ?? 0 } };
  }

  async readKeys(): Promise<void> {
    const statements: string[] = [];
    for await (const { value } of this.#items(KEYS, KeyStatement)) statements.push(value.note);
    const session = SessionKeys.safeParse(parseJson(await this.#small(SESSION_KEYS))).data;
    if (this.options.files.read(KEYS) === undefined) {
      statements.push(...(session?.keys ?? []).map(({ statement }) => statement));
    }
    this.#keys = openKeyChain(statements, this.options.trusted);
  }

  /** The list of files, what audit signed of it, and each file that is on it. */
  async checkFiles(): Promise<void> {
    const bytes = await this.#small(MANIFEST);
    this.#manifest = listedFiles(parseJson(bytes));
    if (this.#manifest === undefined) {
      this.#add('altered', MANIFEST, 'is not there, or not the list of files of an export');
      return;
    }
    await this.#checkStatement(sha256(bytes).toString('hex'));
    const listed = this.#manifest.files;
    for (const [path, digest] of listed) await this.#checkFile(path, digest);
    for (const path of await this.options.files.paths()) {
      const isOurs = listed.has(path) || [MANIFEST, STATEMENT].includes(path);
      if (!isOurs) this.#add('added', path, 'is not in the list of files');
    }
  }

  async #checkStatement(manifest: string): Promise<void> {
    const note = (await this.#small(STATEMENT)).toString('utf8');
    for (const { key } of this.#keys.keys) {
      try {
        const statement = openExportStatement(note, this.#keys.name, key);
        const { by, at } = statement;
        this.#statement = { by, at };
        if (statement.manifest !== manifest) {
          this.#add('altered', MANIFEST, 'is not the list of files that was signed');
        }
        return;
      } catch (error) {
        if (!(error instanceof NoteRefused || error instanceof SealRefused)) throw error;
      }
    }
    this.#add('altered', STATEMENT, 'is not there, or not signed by a key of the log');
  }

  async #checkFile(path: string, digest: string): Promise<void> {
    const pieces = this.options.files.read(path);
    if (pieces === undefined) {
      this.#add('dropped', path, 'is in the list of files and not there');
      return;
    }
    if ((await digestOf(pieces)) !== digest) this.#add('altered', path, 'is not what was exported');
  }

  async checkStreams(): Promise<void> {
    this.#kept = this.options.keptOf?.(this.#keys) ?? [];
    for (const { stream, sequences } of this.#manifest?.streams ?? (await this.#foundStreams())) {
      this.#streams.push(await this.#checkStream(stream, sequences));
    }
  }

  /** Without a list: every stream that there are messages of, and of those whatever is there. */
  async #foundStreams(): Promise<readonly { stream: string; sequences: readonly Gap[] }[]> {
    const names = (await this.options.files.paths()).map(
      (path) => /^messages\/([A-Z]+)\.ndjson$/.exec(path)?.[1],
    );
    return names.flatMap((stream) => (stream === undefined ? [] : [{ stream, sequences: [] }]));
  }

  #checkStream(stream: string, wanted: readonly Gap[]): Promise<StreamReport> {
    const origin = `${this.#keys.name}/${stream}`;
    return checkStream({
      stream,
      origin,
      ring: new KeyRing(this.#keys),
      seals: this.#seals(stream),
      messages: this.#messages(stream),
      wanted,
      partial: true,
      kept: this.#kept.filter((kept) => kept.origin === origin),
    });
  }

  async *#seals(stream: string): AsyncGenerator<Seal & { readonly place: string }> {
    const items = this.#items(`checkpoints/${stream}.ndjson`, Seal);
    for await (const { value, place } of items) yield { ...value, place };
  }

  async *#messages(stream: string): AsyncGenerator<ReadMessage> {
    const items = this.#items(`messages/${stream}.ndjson`, StreamMessage);
    for await (const { value, place } of items) {
      const { sequence, subject, storedAt } = value;
      const data = base64(value.data);
      const time = Date.parse(storedAt);
      if (data === undefined || Number.isNaN(time) || new Date(time).toISOString() !== storedAt) {
        this.#add('altered', place, 'is not written as exports are');
        if (Number.isNaN(time)) continue;
      }
      const digests = digestsOf(data ?? Buffer.from(value.data, 'base64'));
      yield { sequence, subject, storedAt: time, ...digests, place };
    }
  }

  /** The lines of a file, each of which must be exactly what we would have written. */
  async *#items<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
  ): AsyncGenerator<{ readonly value: z.infer<Schema>; readonly place: string }> {
    const pieces = this.options.files.read(path);
    if (pieces === undefined) return;
    let number = 0;
    for await (const line of linesOf(pieces)) {
      number += 1;
      const place = `${path}:${number}`;
      const parsed = schema.safeParse(parseJson(line));
      if (parsed.success && JSON.stringify(parsed.data) === line.toString('utf8')) {
        yield { value: parsed.data, place };
      } else this.#add('altered', place, 'is not a line of an export');
    }
  }

  async #small(path: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.options.files.read(path) ?? []) {
      bytes += piece.length;
      if (bytes > MAX_SMALL_BYTES) break;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #add(kind: Finding['kind'], place: string, what: string): void {
    this.#findings.add({ kind, place, text: `${place} ${what}` });
  }
}

async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** Lines without their breaks; one that is longer than any of ours comes in parts, which are none. */
async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, from)) {
      yield rest.subarray(from, end);
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (rest.length <= MAX_LINE_BYTES) continue;
    yield rest;
    rest = Buffer.alloc(0);
  }
  if (rest.length > 0) yield rest;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
