import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { AuditCommand, CommandBody } from '@drawbridge/contracts';
import type { z } from 'zod';
import { parseJson } from '../json.js';
import type { RecordedBodies, RecordedBody } from '../recorded-body.js';
import type { RecordedCall } from '../rerun/recorded-call.js';
import { BundleUnreadable } from './bundle-unreadable.js';
import { BundleManifest } from './manifest.js';
import { readTar } from './tar.js';

/** Unpacked. */
const MAX_BYTES = 1_073_741_824;
const MIB = 1_048_576;
/** Of one file with lines. */
const MAX_FILE_BYTES = 268_435_456;
/** Of commands, and of bodies. A session has fewer; a file that somebody made may say otherwise. */
const MAX_LINES = 500_000;

type Files = ReadonlyMap<string, Uint8Array>;

/** A bundle that was read. */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** Names of files that are not as the manifest says: changed, missing, or not of it. */
  readonly altered: readonly string[];
  /** The oldest first. */
  readonly calls: readonly RecordedCall[];
}

/**
 * Reads a bundle.
 *
 * @param maxBytes - unpacked; default 1 GiB
 * @throws BundleUnreadable `bundle_unreadable`, `bundle_too_large`
 */
export function readBundle(archive: Uint8Array, maxBytes = MAX_BYTES): Bundle {
  const files = readTar(unpack(archive, maxBytes));
  const manifest = BundleManifest.safeParse(jsonIn(files.get('manifest.json')));
  if (!manifest.success) {
    const message = 'there is no manifest of a session in it, or it ends too early';
    throw new BundleUnreadable('bundle_unreadable', message);
  }
  return {
    manifest: manifest.data,
    altered: alteredIn(manifest.data, files),
    calls: callsIn(files, new Budget(maxBytes)),
  };
}

/** What bodies may be together: a few kilobytes that were packed again, or are named by every body, become any number. */
class Budget {
  constructor(private left: number) {}

  get bytes(): number {
    return this.left;
  }

  /** @throws BundleUnreadable `bundle_too_large` */
  take(bytes: number): void {
    if (bytes > this.left) throw tooLarge('its bodies are longer than is taken into memory');
    this.left -= bytes;
  }
}

const tooLarge = (message: string, cause?: unknown): BundleUnreadable =>
  new BundleUnreadable('bundle_too_large', message, { cause });

function unpack(archive: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(archive, { maxOutputLength: maxBytes });
  } catch (cause) {
    const isLarge = cause instanceof RangeError;
    throw isLarge
      ? tooLarge(`more than ${maxBytes / MIB} MiB unpacked`, cause)
      : new BundleUnreadable('bundle_unreadable', 'it is no gzip, or ends too early', { cause });
  }
}

/** What stands for all the others. */
const signed = new Set(['manifest.json', 'manifest.note']);

function alteredIn(manifest: BundleManifest, files: Files): readonly string[] {
  const listed = new Map(manifest.files.map(({ name, sha256 }) => [name, sha256]));
  const changed = [...listed].filter(([name, sha256]) => {
    const bytes = files.get(name);
    return bytes === undefined || hashOf(bytes) !== sha256;
  });
  const added = [...files.keys()].filter((name) => !signed.has(name) && !listed.has(name));
  return [...changed.map(([name]) => name), ...added];
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function callsIn(files: Files, budget: Budget): readonly RecordedCall[] {
  const bodies = new Map<string, RecordedBodies>();
  for (const body of linesIn(files, 'bodies/', CommandBody)) {
    const known = bodies.get(body.commandId) ?? {};
    const recorded = recordedBody(body, { files, budget });
    bodies.set(body.commandId, { ...known, [body.direction]: recorded });
  }
  return [...linesIn(files, 'commands/', AuditCommand)].map((command) => ({
    command,
    bodies: bodies.get(command.id) ?? {},
  }));
}

function* linesIn<Schema extends z.ZodType>(
  files: Files,
  folder: string,
  schema: Schema,
): Generator<z.infer<Schema>> {
  let lines = 0;
  for (const name of [...files.keys()].filter((each) => each.startsWith(folder)).sort()) {
    const bytes = files.get(name);
    if ((bytes?.length ?? 0) > MAX_FILE_BYTES) {
      throw tooLarge(`${name} is longer than ${MAX_FILE_BYTES / MIB} MiB`);
    }
    for (const [index, line] of textOf(bytes).split('\n').entries()) {
      if (line === '') continue;
      lines += 1;
      if (lines > MAX_LINES) throw tooLarge(`${folder} has more than ${MAX_LINES} lines`);
      const parsed = schema.safeParse(parseJson(line));
      if (!parsed.success) {
        const place = `${name}, line ${index + 1}`;
        throw new BundleUnreadable('bundle_unreadable', `${place} cannot be read`);
      }
      yield parsed.data;
    }
  }
}

interface Bodies {
  readonly files: Files;
  readonly budget: Budget;
}

function recordedBody(body: CommandBody, { files, budget }: Bodies): RecordedBody {
  const facts = {
    contentType: body.contentType,
    ...(body.cut === undefined ? {} : { cut: body.cut }),
  };
  const bytes = decoded(bytesOf(body, files, budget), body.contentEncoding, budget);
  if (bytes === undefined) return { ...facts, cut: body.cut ?? 'object_missing' };
  budget.take(bytes.length);
  const text = utf8(bytes);
  const base64 = () => Buffer.from(bytes).toString('base64');
  return text === undefined ? { ...facts, base64: base64() } : { ...facts, text };
}

function bytesOf(body: CommandBody, files: Files, budget: Budget): Uint8Array | undefined {
  if (body.objects === undefined) return Buffer.from(body.content, body.encoding);
  const pieces = body.objects.map(({ sha256 }) => files.get(`objects/${sha256}`));
  const found = pieces.filter((piece) => piece !== undefined);
  if (found.length !== pieces.length) return undefined;
  const bytes = found.reduce((sum, { length }) => sum + length, 0);
  if (bytes > budget.bytes) budget.take(bytes);
  return Buffer.concat(found);
}

function decoded(bytes: Uint8Array | undefined, encoding: string | undefined, budget: Budget) {
  if (bytes === undefined || encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'gzip') return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, budget.bytes) });
  } catch (cause) {
    // What is cut has no end, and what is longer than all of them may be together is no body.
    if (cause instanceof RangeError)
      throw tooLarge('a body is longer than is taken into memory', cause);
    return undefined;
  }
}

const textOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const jsonIn = (bytes: Uint8Array | undefined) => parseJson(textOf(bytes));
