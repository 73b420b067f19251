import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AuditBody } from '@drawbridge/contracts';
import type { Response } from 'express';
import type { OpenedBody } from '../bodies/body-archive.js';

/** Few bodies are sent at once: who takes no mebibyte in this time keeps others from theirs. */
const PIECE_WITHIN_MS = 60_000;

/**
 * Sends a body as it was stored. Whoever it is from, it is nothing that a browser shows or runs: a type of ours, to be
 * saved, in a sandbox. What goes wrong before the first byte is thrown; later the connection is broken off, so that
 * nobody takes the answer for whole.
 */
export async function sendBody(
  response: Response,
  { body, pieces }: OpenedBody,
  pieceWithinMs: number = PIECE_WITHIN_MS,
): Promise<void> {
  const first = await pieces.next();
  const type = typeOf(body);
  const headers = {
    'Content-Type': type.name,
    'Content-Disposition': `attachment; filename="${body.commandId}-${body.direction}.${type.ending}"`,
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': String(body.kept ?? body.bytes),
    'Drawbridge-Body-Bytes': String(body.bytes),
    'Drawbridge-Body-Sha256': body.sha256,
    ...(body.cut !== undefined && { 'Drawbridge-Body-Cut': body.cut }),
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const patience = setTimeout(() => response.destroy(), pieceWithinMs).unref();
  try {
    const asked = () => void patience.refresh();
    await pipeline(Readable.from(from(first, pieces, asked)), response);
  } catch {
    // Nobody is told but by the broken connection; pipeline has broken it.
    response.destroy();
  } finally {
    clearTimeout(patience);
  }
}

async function* from(
  first: IteratorResult<Buffer, void>,
  rest: AsyncGenerator<Buffer>,
  asked: () => void,
): AsyncGenerator<Buffer> {
  if (first.done === true) return;
  yield first.value;
  for await (const piece of rest) {
    asked();
    yield piece;
  }
}

interface SentType {
  readonly name: string;
  readonly ending: string;
}

const plain = /^(?:text\/plain|application\/(?:[\w.-]+\+)?yaml)\s*(?:;|$)/i;
const json = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** The sender's own word for it decides between three of ours, and goes no further. */
function typeOf({ contentType, contentEncoding }: AuditBody): SentType {
  if (contentEncoding !== undefined) return { name: 'application/octet-stream', ending: 'bin' };
  if (json.test(contentType)) return { name: 'application/json', ending: 'json' };
  if (plain.test(contentType)) return { name: 'text/plain; charset=utf-8', ending: 'txt' };
  return { name: 'application/octet-stream', ending: 'bin' };
}
