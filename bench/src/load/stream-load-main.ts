import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../report/statistics.js';
import { openSocket, statusOf, type SocketTarget } from './client-socket.js';
import { StreamLoad, type StreamFigures } from './stream-load.js';

/*
 * Holds streams or makes sessions, as told by one line of JSON on stdin; ends when stdin ends. See StreamLoad.
 */

/** Handshakes under way at the same time while streams are opened. */
const OPENING = 32;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SLOW_MS = 100;

const arrived = { bytes: 0, lines: 0 };

async function main(): Promise<void> {
  const input = createInterface({ input: process.stdin });
  input.once('close', () => process.exit(0));
  const order = await new Promise<string>((resolve) => input.once('line', resolve));
  const load = StreamLoad.parse(JSON.parse(order));
  const certificateAuthority = readFileSync(load.certificateAuthorityFile, 'utf8');
  const target = { ...load, certificateAuthority };
  const figures = await (load.kind === 'hold' ? hold(load, target) : sessions(load, target));
  say({ figures });
}

async function hold(load: StreamLoad, target: SocketTarget): Promise<StreamFigures> {
  let left = load.streams;
  const open = async () => {
    for (; left > 0;) {
      left -= 1;
      await openStream(target, load.slowBytesPerSecond);
    }
  };
  await Promise.all(Array.from({ length: Math.min(OPENING, left) }, open));
  say({ opened: load.streams });
  const before = { ...arrived };
  const from = performance.now();
  await delay(load.seconds * 1_000);
  return {
    bytes: arrived.bytes - before.bytes,
    lines: arrived.lines - before.lines,
    sessions: 0,
    p50Ms: 0,
    p99Ms: 0,
    seconds: (performance.now() - from) / 1_000,
  };
}

/** Resolves with the first bytes; from then on counts. */
function openStream(target: SocketTarget, slowBytesPerSecond: number | undefined): Promise<void> {
  const socket = openSocket(target);
  return new Promise((resolve) => {
    socket.once('data', (chunk) => {
      const status = statusOf(chunk);
      if (status !== 200 && status !== 101) fail(chunk.toString('latin1').slice(0, 500));
      resolve();
    });
    socket.on('data', count);
    if (slowBytesPerSecond !== undefined) {
      let allowed = 0;
      setInterval(() => {
        allowed = (slowBytesPerSecond * SLOW_MS) / 1_000;
        socket.resume();
      }, SLOW_MS);
      socket.on('data', (chunk) => {
        allowed -= chunk.length;
        if (allowed <= 0) socket.pause();
      });
    }
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('a stream was ended'));
  });
}

/** Lines of what is said, not of the chunked encoding around it. */
function count(chunk: Buffer): void {
  arrived.bytes += chunk.length;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
    if (chunk[at - 1] !== CARRIAGE_RETURN) arrived.lines += 1;
  }
}

async function sessions(load: StreamLoad, target: SocketTarget): Promise<StreamFigures> {
  const from = performance.now();
  const until = from + load.seconds * 1_000;
  const tookMs: number[] = [];
  const repeat = async () => {
    while (performance.now() < until) {
      const startedAt = performance.now();
      await oneSession(target);
      tookMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: load.streams }, repeat));
  tookMs.sort((a, b) => a - b);
  return {
    ...arrived,
    sessions: tookMs.length,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    seconds: (performance.now() - from) / 1_000,
  };
}

/** From the handshake until the server has closed; the answer must have said that all went well. */
function oneSession(target: SocketTarget): Promise<void> {
  const socket = openSocket(target);
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => fail(error.message));
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      if (!text.startsWith('HTTP/1.1 101') || !text.includes('"Success"')) fail(text.slice(0, 500));
      resolve();
    });
  });
}

function fail(reason: string): never {
  say({ failed: reason });
  process.exit(1);
}

const say = (what: object): boolean => process.stdout.write(`${JSON.stringify(what)}\n`);

await main();
