import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { BrokenFrames } from './broken-frames.js';
import { ChannelMasks } from './channel-masks.js';
import type { ChannelObserver } from './channel-observer.js';
import { MaskedFrames } from './spdy/masked-frames.js';
import { FIN, HEAD_BYTES, spdyDataFrame, spdyGoAway } from './spdy/spdy-frames.js';
import { ChannelMessages } from './websocket/channel-messages.js';
import { MaskedMessages } from './websocket/masked-messages.js';
import { remoteCommandTable } from './websocket/websocket-codec.js';
import { closeFrame, opcodes, webSocketFrame } from './websocket/websocket-frames.js';
import { WebSocketReader, type MessageSink } from './websocket/websocket-reader.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
const masksOf = () => new ChannelMasks({ masker, flushMs: 50, isArchive: false });
const nobody: ChannelObserver = {
  opened: () => undefined,
  data: () => undefined,
  closed: () => undefined,
  wants: () => false,
};

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])];
  at.sort((one, other) => one - other);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

/** What each channel of a WebSocket carries, and what ends it. */
function channelsOf(bytes: Buffer, base64: boolean): Record<string, string> {
  const texts: Record<string, string> = {};
  let channel = '';
  const sink: MessageSink = {
    wantsPayload: true,
    begin: (first) => {
      channel = String(base64 ? first - 0x30 : first);
      texts[channel] ??= '';
    },
    payload: (piece) => {
      const text = piece.toString();
      const data = base64 ? Buffer.from(text, 'base64').toString() : text;
      texts[channel] = `${texts[channel] ?? ''}${data}`;
    },
    end: () => undefined,
  };
  const reader = new WebSocketReader({ masked: false, sink, noise: () => true });
  reader.push(bytes, () => undefined);
  expect(reader.atBoundary).toBe(true);
  return { ...texts, closed: String(reader.closed) };
}

describe.each(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'base64.channel.k8s.io'])(
  'T13 the messages of a cluster in %s',
  (protocol) => {
    const table = remoteCommandTable(protocol);
    const message = (channel: number, text: string) =>
      table.base64
        ? webSocketFrame({
            opcode: opcodes.text,
            payload: Buffer.from(`${channel}${Buffer.from(text).toString('base64')}`),
          })
        : webSocketFrame({
            opcode: opcodes.binary,
            payload: Buffer.concat([Buffer.of(channel), Buffer.from(text)]),
          });
    const status = JSON.stringify({ status: 'Failure', message: `no ${TOKEN}`, code: 500 });
    const all = Buffer.concat([
      message(1, ''),
      message(1, `out ${TOKEN.slice(0, 9)}`),
      message(2, 'password='),
      webSocketFrame({ opcode: opcodes.ping, payload: Buffer.from('hi') }),
      message(1, `${TOKEN.slice(9)} tail ${TOKEN}`),
      message(2, 'swordfish'),
      message(3, status),
      closeFrame(1000, 'bye'),
    ]);

    function masked(pieces: readonly Buffer[]): Buffer {
      const anew = new MaskedMessages(masksOf(), table.base64);
      const sink = new ChannelMessages({ from: 'cluster', table, observer: nobody, anew });
      const reader = new WebSocketReader({ masked: false, sink, noise: () => true, anew });
      const out: Buffer[] = [];
      for (const piece of pieces) reader.push(piece, (bytes) => out.push(Buffer.from(bytes)));
      const rest = anew.end();
      return Buffer.concat(rest === undefined ? out : [...out, rest]);
    }

    it('come out the same however they are cut, and without the values', () => {
      const whole = channelsOf(masked([all]), table.base64);
      expect(whole['1']).toMatch(/^out drawbridge:masked:\S+ tail drawbridge:masked:\S+$/);
      expect(whole['2']).toMatch(/^password=drawbridge:masked:\S+$/);
      expect(JSON.parse(whole['3'] ?? '')).toMatchObject({ code: 500, status: 'Failure' });
      expect(JSON.stringify(whole)).not.toMatch(/ghp_|swordfish/);
      expect(whole['closed']).toBe('true');
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
          expect(channelsOf(masked(cutAt(all, cuts)), table.base64)).toStrictEqual(whole);
        }),
      );
    });
  },
);

describe('T13 the data frames of a cluster', () => {
  const stdout = { id: 3, type: 'stdout' } as const;
  const textOf = (bytes: Buffer): { text: string; ended: boolean } => {
    let [text, ended] = ['', false];
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUIntBE(at + 5, 3);
      if (bytes.readUInt32BE(at) === stdout.id) {
        text += bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length).toString();
        ended ||= bytes[at + 4] === FIN;
      }
      at += HEAD_BYTES + length;
    }
    return { text, ended };
  };

  it.each(['fin', 'goaway', 'end'])('show all that was held when it ends with %s', (way) => {
    const frames = new MaskedFrames(masksOf());
    for (const piece of ['a pass', 'word=', 'swordfish']) frames.data(stdout, Buffer.from(piece));
    const out = [frames.take()];
    if (way === 'fin') frames.endStream(stdout);
    if (way === 'goaway') frames.control(7, spdyGoAway(3, 0));
    out.push(way === 'end' ? frames.end() : frames.take());
    const { text, ended } = textOf(Buffer.concat(out.filter((bytes) => bytes !== undefined)));
    expect(text).toMatch(/^a password=drawbridge:masked:\S+$/);
    expect(ended).toBe(way === 'fin');
    expect(frames.masked).toBe(1);
  });

  it('carry the end with the last of them', () => {
    const frames = new MaskedFrames(masksOf());
    frames.data(stdout, Buffer.from('done\n'));
    frames.endStream(stdout);
    const payload = Buffer.from('done\n');
    expect(frames.take()).toStrictEqual(spdyDataFrame({ streamId: 3, payload, fin: true }));
  });
});

describe('T13 an archive on stdout', () => {
  const [stdout, stderr] = [{ id: 1, type: 'stdout' } as const, { id: 2, type: 'stderr' } as const];

  it('waits for its whole header however long it is silent; stderr is a text', () => {
    const masks = new ChannelMasks({ masker, flushMs: 50, isArchive: true });
    expect(masks.push(stdout, Buffer.alloc(512, 'password=').subarray(0, 400))).toStrictEqual([]);
    expect(masks.holds).toBe(false);
    expect(masks.flush().flatMap(([, pieces]) => pieces)).toStrictEqual([]);
    masks.push(stderr, Buffer.from('token='));
    expect(masks.holds).toBe(true);
    masks.push(stderr, Buffer.from('swordfish\n'));
    const rest = masks.endAll().flatMap(([, pieces]) => pieces);
    expect(Buffer.concat(rest).toString()).toMatch(/^password=drawbridge:masked:/);
    expect(masks.masked).toBe(2);
  });
});

describe('what is held of a stream', () => {
  const stdout = { id: 1, type: 'stdout' } as const;

  it('is shown when nothing follows, and what still comes of it is masked', () => {
    const masks = masksOf();
    const shown = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString();
    let text = shown(masks.push(stdout, Buffer.from('Password: ')));
    expect(masks.holds).toBe(true);
    text += shown(masks.flush().flatMap(([, pieces]) => pieces));
    expect(text).toBe('Password: ');
    expect(masks.holds).toBe(false);
    text += shown([...masks.push(stdout, Buffer.from('swordfish\n')), ...masks.end(stdout)]);
    expect(text).not.toContain('swordfish');
  });

  it('T24 an error that never ends is broken', () => {
    const masks = masksOf();
    const error = { id: 3, type: 'error' } as const;
    const push = () => masks.push(error, Buffer.alloc(20_000));
    expect(() => [push(), push(), push(), push()]).toThrow(BrokenFrames);
  });
});

describe('what is recorded of a session', () => {
  const [stdout, stderr] = [
    { id: 1, type: 'stdout' },
    { id: 2, type: 'stderr' },
  ] as const;
  const key = `-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----`;
  const part = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      TOKEN,
      `password=${TOKEN.slice(4, 14)}\n`,
      key,
      `${TOKEN.slice(0, 9)}\u001b[1m${TOKEN.slice(9)}`,
      '\r\n',
      '\u001b[1m',
      ' ',
    ),
  );

  /** Of a text that comes in pieces, with a silence behind some of them in which all is shown. */
  function passed(text: Buffer, cuts: readonly number[], silences: readonly boolean[]) {
    const told = { shown: '', recorded: '' };
    const masks = new ChannelMasks({
      ...{ masker, flushMs: 50, isArchive: false },
      shown: (_channel, bytes) => (told.shown += Buffer.from(bytes).toString('latin1')),
      recorded: (_channel, bytes) => (told.recorded += Buffer.from(bytes).toString('latin1')),
    });
    for (const [index, piece] of cutAt(text, cuts).entries()) {
      masks.push(stdout, piece);
      if (silences[index % Math.max(1, silences.length)] === true) masks.flush();
    }
    return { masks, told };
  }

  it('is masked as if it had come at once, however slowly it is shown', () => {
    const texts = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const cuts = fc.array(fc.nat(), { maxLength: 30 });
    const silences = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(fc.record({ text: texts, cuts, silences, isEnded: fc.boolean() }), (come) => {
        const { text, isEnded } = come;
        const bytes = Buffer.from(text);
        fc.pre(bytes.length > 0);
        const atOnce = masker.text();
        const decided = Buffer.concat(atOnce.push(bytes).map((piece) => Buffer.from(piece)));
        const all = Buffer.concat([decided, ...atOnce.end()]).toString('latin1');
        const { masks, told } = passed(bytes, come.cuts, come.silences);
        masks.flush();
        if (isEnded) masks.endAll();
        else masks.over();
        expect(told.recorded).toBe(all);
      }),
      { numRuns: 300 },
    );
  });

  it('has no part of a secret that came with colours in its middle, behind a silence there either', () => {
    const colour = '\u001b[01;31m\u001b[K';
    for (let place = 1; place < TOKEN.length; place += 1) {
      const text = `id ${TOKEN.slice(0, place)}${colour}${TOKEN.slice(place)}\u001b[m\r\n`;
      for (const cut of [3 + place, 6 + place, 3 + place + colour.length]) {
        const { masks, told } = passed(Buffer.from(text), [cut], [true]);
        masks.endAll();
        expect(told.recorded.startsWith('id drawbridge:masked:')).toBe(true);
        expect(told.recorded.endsWith(`${colour}\u001b[m\r\n`)).toBe(true);
        expect(told.recorded).toHaveLength(`id ${masker.line(TOKEN)}${colour}\u001b[m\r\n`.length);
        // What the client has seen by then cannot be taken back; the rest is masked for it, too.
        expect(told.shown.startsWith(`${text.slice(0, cut)}drawbridge:masked:`)).toBe(true);
      }
    }
  });

  it('is not lost when a session ends while a prompt is shown', () => {
    const { masks, told } = passed(Buffer.from('password: '), [], [true]);
    expect(told).toStrictEqual({ shown: 'password: ', recorded: '' });
    masks.over();
    expect(told.recorded).toBe('password: ');
  });

  it('goes on without a second look when all is decided', () => {
    const { masks, told } = passed(Buffer.from('password: '), [], [true]);
    masks.push(stdout, Buffer.from('\r\nok\r\n'));
    masks.push(stderr, Buffer.from('done\n'));
    expect(told.recorded).toBe('password: \r\nok\r\ndone\n');
    expect(told.recorded).toBe(told.shown);
    masks.over();
    expect(told.recorded).toBe(told.shown);
  });
});
