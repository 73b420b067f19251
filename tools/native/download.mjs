import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Without a network the search must go on quickly; a server that has answered may be slow. */
const defaults = { answerMs: 5_000, stallMs: 20_000, maxBytes: 300 * 1024 * 1024 };

/**
 * Downloads a file whose checksum is known. A file with another checksum is removed and refused.
 *
 * @param {string} url
 * @param {object} options
 * @param {string} options.file where to write it
 * @param {string} options.sha256 64 hex digits
 * @param {number} [options.answerMs] how long to wait for the answer to begin; default 5 s
 * @param {number} [options.stallMs] how long to wait for the next bytes of the body; default 20 s
 * @param {number} [options.maxBytes] default 300 MiB
 * @throws {Error} with a one-line message that names the URL
 */
export async function download(url, options) {
  const { file, sha256 } = options;
  const limits = {
    answerMs: options.answerMs ?? defaults.answerMs,
    stallMs: options.stallMs ?? defaults.stallMs,
    maxBytes: options.maxBytes ?? defaults.maxBytes,
  };
  try {
    const actual = await fetchInto(url, file, limits);
    if (actual !== sha256) {
      throw new Error(`checksum mismatch: expected sha256 ${sha256}, got ${actual}`);
    }
  } catch (error) {
    await rm(file, { force: true });
    throw new Error(`${url}: ${describe(error)}`, { cause: error });
  }
}

/**
 * @param {string} url
 * @param {string} file
 * @param {typeof defaults} limits
 * @returns {Promise<string>} sha256 of what came, in hex
 */
async function fetchInto(url, file, { answerMs, stallMs, maxBytes }) {
  const patience = startPatience(answerMs, `no answer within ${answerMs / 1000} s`);
  try {
    const response = await fetch(url, { signal: patience.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    patience.restart(stallMs, `nothing came for ${stallMs / 1000} s`);
    const hash = createHash('sha256');
    let bytes = 0;
    const inspect = new Transform({
      transform(/** @type {Buffer} */ chunk, _encoding, done) {
        patience.restart(stallMs, `nothing came for ${stallMs / 1000} s`);
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes > maxBytes) done(new Error(`larger than ${maxBytes} bytes`));
        else done(null, chunk);
      },
    });
    const body = Readable.fromWeb(
      /** @type {import('node:stream/web').ReadableStream} */ (response.body),
    );
    await pipeline(body, inspect, createWriteStream(file), { signal: patience.signal });
    return hash.digest('hex');
  } finally {
    patience.end();
  }
}

/**
 * Aborts its signal with a reason unless it is restarted or ended in time.
 *
 * @param {number} ms
 * @param {string} reason
 */
function startPatience(ms, reason) {
  const controller = new AbortController();
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const end = () => clearTimeout(timer);
  /** @type {(ms: number, reason: string) => void} */
  const restart = (nextMs, nextReason) => {
    end();
    timer = setTimeout(() => controller.abort(new Error(nextReason)), nextMs);
  };
  restart(ms, reason);
  return { signal: controller.signal, restart, end };
}

/**
 * `fetch` says only "fetch failed" and keeps what happened in `cause`, as does an aborted pipeline.
 *
 * @param {unknown} error
 */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
