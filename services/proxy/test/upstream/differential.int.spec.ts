import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'undici';
import { CircuitBreaker } from '../../src/upstream/circuit-breaker.js';
import { SocketPool } from '../../src/upstream/socket-pool.js';
import { UpstreamCall } from '../../src/upstream/upstream-call.js';
import { identity } from './upstream-under-test.js';
import { collect } from './collected-answer.js';
import { startScriptedServer, type ScriptedServer } from './scripted-server.js';

/**
 * The same bytes, cut at the same places, to this client and to undici: whatever ours takes for an answer is what
 * undici takes it for, and of plain answers it takes every one.
 */

let server: ScriptedServer;
let pool: SocketPool;
/** What the server says, and where it is cut, by number of the request. */
const scripts: Script[] = [];

interface Script {
  readonly method: 'GET' | 'HEAD';
  readonly bytes: string;
  readonly cuts: readonly number[];
  /** The server ends the connection behind it. */
  readonly closes: boolean;
}

/** `undefined`: not taken for an answer. */
type Taken = { statusCode: number; headers: Record<string, string[]>; body: string } | undefined;

beforeAll(async () => {
  server = await startScriptedServer({ tls: false });
  server.script(async (connection) => {
    const { socket } = connection;
    while (!socket.destroyed) {
      await connection.until('\r\n\r\n');
      const script = scripts[Number(/^\w+ \/(\d+)/.exec(connection.received)?.[1])];
      connection.received = '';
      if (script === undefined) return;
      await connection.say(...piecesOf(script));
      if (script.closes) socket.end();
    }
  });
  pool = new SocketPool({
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
        socket.once('error', reject);
      }),
    breaker: new CircuitBreaker({ clock: () => new Date(), threshold: Infinity }),
    suspended: () => new Error('suspended'),
    maxSockets: 4,
    maxAllSockets: 4,
    atOnce: 4,
    maxWaiting: 16,
    answerSeconds: 30,
    tickMs: 10,
  });
});

afterAll(async () => {
  pool.destroy();
  await server.close();
});

function piecesOf({ bytes, cuts }: Script): string[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  places.sort((one, other) => one - other);
  return places
    .slice(1)
    .map((place, index) => bytes.slice(places[index], place))
    .filter((piece) => piece !== '');
}

async function askOurs(path: string, method: string): Promise<Taken> {
  const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const listener = collect();
  const request = { method, target: path, headers: [], body: null, longRunning: false };
  const prepared = { refused: () => undefined, headOf: () => head, blockOf: () => head };
  pool.send(new UpstreamCall({ agent: identity.agent, request, listener, prepared }));
  const { error, statusCode, rawHeaders, body } = await listener.answer;
  if (error !== undefined) return undefined;
  const headers: Record<string, string[]> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    (headers[(rawHeaders[at] ?? '').toLowerCase()] ??= []).push(rawHeaders[at + 1] ?? '');
  }
  return { statusCode, headers, body };
}

async function askUndici(path: string, method: 'GET' | 'HEAD'): Promise<Taken> {
  const client = new Client(`http://127.0.0.1:${server.port}`, {
    headersTimeout: 300,
    bodyTimeout: 300,
    pipelining: 1,
  });
  try {
    const answer = await client.request({ method, path });
    const body = Buffer.from(await answer.body.arrayBuffer()).toString('latin1');
    // White space behind a value is no part of it (RFC 9110, section 5.5); undici leaves it.
    const headers = Object.entries(answer.headers).map(([name, value]) => [
      name,
      [value ?? []].flat().map((line) => line.trimEnd()),
    ]);
    return {
      statusCode: answer.statusCode,
      headers: Object.fromEntries(headers) as Record<string, string[]>,
      body,
    };
  } catch {
    return undefined;
  } finally {
    await client.destroy();
  }
}

async function askBoth(script: Script): Promise<{ ours: Taken; theirs: Taken }> {
  const path = `/${String(scripts.push(script) - 1)}`;
  const [ours, theirs] = await Promise.all([
    askOurs(path, script.method),
    askUndici(path, script.method),
  ]);
  return { ours, theirs };
}

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/).map((name) => `X-${name}`);
const text = fc.stringMatching(/^[!-~]([ -~]{0,12}[!-~])?$/);
const fields = fc
  .array(fc.tuple(token, text), { maxLength: 5 })
  .map((pairs) => pairs.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
const body = fc.string({ maxLength: 60 }).map((some) => some.replaceAll(/[^ -~\n\r]/g, '?'));
const cutsOf = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });

const chunks = fc
  .tuple(fc.array(body, { maxLength: 4 }), fc.constantFrom('', ';a', ';a=b', ';a="b c"'), fields)
  .map(([pieces, extension, trailers]) => {
    const sized = pieces
      .filter((piece) => piece !== '')
      .map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`);
    return `${sized.join('')}0\r\n${trailers}\r\n`;
  });

const framed = fc.oneof(
  body.map((some) => ({ field: `Content-Length: ${some.length}\r\n`, some, closes: false })),
  chunks.map((some) => ({ field: 'Transfer-Encoding: chunked\r\n', some, closes: false })),
  body.map((some) => ({ field: '', some, closes: true })),
  body.map((some) => ({
    field: `Connection: close\r\nContent-Length: ${some.length}\r\n`,
    some,
    closes: true,
  })),
);

/** undici takes a 100 that it did not ask for as a fault; RFC 9110, section 15.2, has clients skip it. */
const informational = fc.constantFrom(
  '',
  'HTTP/1.1 102 Processing\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
);

const plainAnswer = fc
  .record({
    before: informational,
    status: fc.constantFrom(200, 201, 301, 401, 404, 409, 500, 503),
    fields,
    framed,
    cuts: cutsOf,
  })
  .map(({ before, status, fields: lines, framed: { field, some, closes }, cuts }): Script => ({
    method: 'GET',
    bytes: `${before}HTTP/1.1 ${status} Some Reason\r\n${lines}${field}\r\n${some}`,
    cuts,
    closes,
  }));

const bodiless = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD'),
    field: fc.constantFrom('', 'Content-Length: 12\r\n', 'Transfer-Encoding: chunked\r\n'),
    cuts: cutsOf,
  })
  .map(({ method, field, cuts }): Script => {
    const status = method === 'HEAD' ? '200 OK' : '304 Not Modified';
    const said = method === 'GET' && field.startsWith('T') ? '' : field;
    return { method, bytes: `HTTP/1.1 ${status}\r\n${said}\r\n`, cuts, closes: false };
  });

/** What a broken or hostile server could put in, and where. */
const splice = fc.record({
  at: fc.nat({ max: 400 }),
  remove: fc.nat({ max: 4 }),
  insert: fc.oneof(
    fc.constantFrom(
      ...['\r', '\n', '\r\n', ' ', '\t', '\0', ':', ';', ',', '"', '0', '1', 'f', '+', '-', 'x'],
      ...['Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n'],
      ...['Transfer-Encoding: identity\r\n', ' folded\r\n', 'HTTP/1.1 200 OK\r\n\r\n', '0\r\n\r\n'],
      ...['HTTP/1.1 102 Processing\r\n\r\n', '\r\n\r\n', 'Content-Length: 0\r\n', '\x7f', '\x80'],
    ),
    fc.string({ maxLength: 3 }).map((some) => some.replaceAll(/[^ -~]/g, '?')),
    fc.constant(''),
  ),
});
const brokenAnswer = fc
  .tuple(fc.oneof(plainAnswer, bodiless), fc.array(splice, { minLength: 1, maxLength: 2 }))
  .map(([script, splices]): Script => {
    let { bytes } = script;
    for (const { at, remove, insert } of splices) {
      const place = at % (bytes.length + 1);
      bytes = bytes.slice(0, place) + insert + bytes.slice(place + remove);
    }
    // An end tells both that nothing more will come.
    return { ...script, bytes, closes: true };
  });

const runs = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300), seed: 20_260_105 };

describe('T23 the same bytes to two clients', { timeout: 300_000 }, () => {
  it('that are a plain answer are one to both, and the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(plainAnswer, bodiless), async (script) => {
        const { ours, theirs } = await askBoth(script);
        expect(ours).toBeDefined();
        expect(ours).toStrictEqual(theirs);
      }),
      runs,
    );
  });

  it('that are no plain answer are never read differently, only refused', async () => {
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(brokenAnswer, async (script) => {
        const { ours, theirs } = await askBoth(script);
        if (ours === undefined) refused += 1;
        else {
          taken += 1;
          expect(ours).toStrictEqual(theirs);
        }
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(runs.numRuns / 20);
    expect(refused).toBeGreaterThan(runs.numRuns / 20);
  });
});
