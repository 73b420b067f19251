import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Observed } from '../../../test/channels/observed.js';
import { BrokenFrames } from '../broken-frames.js';
import { portForwardTable, remoteCommandTable, WebSocketCodec } from './websocket-codec.js';
import { applyMask, closeFrame, opcodes, webSocketFrame } from './websocket-frames.js';

const quiet = () => true;

function codec(protocol = 'v5.channel.k8s.io', noise = quiet) {
  const observer = new Observed();
  const options = { observer, noise: { client: noise, cluster: noise }, protocol };
  const table = remoteCommandTable(protocol);
  return { observer, webSocket: new WebSocketCodec(table, options) };
}

interface Part {
  readonly payload: Buffer;
  readonly opcode: number;
  readonly fin: boolean;
}

/** A frame that need not be a whole message. */
function part({ payload, opcode, fin }: Part, masked: boolean): Buffer {
  const frame = webSocketFrame({ opcode, payload, masked });
  if (!fin) frame[0] = opcode;
  return frame;
}

/** One message in parts of the given sizes, with pings between them. */
function fragmented(payload: Buffer, sizes: readonly number[], masked: boolean): Buffer {
  const frames: Buffer[] = [];
  let at = 0;
  sizes.forEach((size, index) => {
    const piece = payload.subarray(at, at + size);
    at += size;
    frames.push(part({ payload: piece, opcode: index === 0 ? 2 : 0, fin: false }, masked));
    frames.push(webSocketFrame({ opcode: opcodes.ping, payload: Buffer.of(index), masked }));
  });
  const opcode = sizes.length === 0 ? 2 : 0;
  frames.push(part({ payload: payload.subarray(at), opcode, fin: true }, masked));
  return Buffer.concat(frames);
}

const message = (channel: number, text: string) => Buffer.from([channel, ...Buffer.from(text)]);

describe('a WebSocket of exec', () => {
  it('is read and passed on alike, wherever messages and bytes are cut', () => {
    const texts = fc.array(fc.string({ maxLength: 400 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.nat(120), { maxLength: 4 });
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.tuple(texts, cuts, sizes, fc.boolean()), ([all, parts, pieces, masked]) => {
        const { observer, webSocket } = codec();
        const channel = masked ? 0 : 1;
        const bytes = Buffer.concat(
          all.map((text) => fragmented(message(channel, text), parts, masked)),
        );
        const reader = masked ? webSocket.fromClient : webSocket.fromCluster;
        const passed: Buffer[] = [];
        let at = 0;
        for (let index = 0; at < bytes.length; index += 1) {
          const size = pieces[index % pieces.length] ?? 1;
          reader.push(bytes.subarray(at, at + size), (good) => passed.push(Buffer.from(good)));
          at += size;
        }
        expect(Buffer.concat(passed)).toStrictEqual(bytes);
        const key = masked ? '0 stdin client' : '1 stdout cluster';
        const whole = Buffer.from(all.join('')).toString('latin1');
        expect(observer.texts[key] ?? '').toBe(whole);
        expect(reader.atBoundary).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('is not copied when frames are whole', () => {
    const { webSocket } = codec();
    const bytes = webSocketFrame({ opcode: 2, payload: message(1, 'x'.repeat(70_000)) });
    const got: Buffer[] = [];
    webSocket.fromCluster.push(bytes, (good) => got.push(good));
    expect(got[0]?.buffer).toBe(bytes.buffer);
    expect(got[0]).toHaveLength(bytes.length);
  });

  it('opens all channels at its start, and ends those that a client of v5 ends', () => {
    const { observer, webSocket } = codec();
    const end = webSocketFrame({ opcode: 2, payload: Buffer.of(255, 0), masked: true });
    webSocket.fromClient.push(end, () => undefined);
    webSocket.fromClient.push(end, () => undefined);
    expect(observer.told).toStrictEqual([
      'opened 0 stdin',
      'opened 1 stdout',
      'opened 2 stderr',
      'opened 3 error',
      'opened 4 resize',
      'closed 0 stdin client',
    ]);
  });

  it('has no close signal before v5', () => {
    const { webSocket } = codec('v4.channel.k8s.io');
    const end = webSocketFrame({ opcode: 2, payload: Buffer.of(255, 0), masked: true });
    expect(() => webSocket.fromClient.push(end, () => undefined)).toThrow(BrokenFrames);
  });

  it('tells base64 decoded, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 300 }),
        fc.array(fc.nat(50)),
        (text, cuts) => {
          const { observer, webSocket } = codec('v4.base64.channel.k8s.io');
          const payload = Buffer.from(`1${Buffer.from(text).toString('base64')}`);
          webSocket.fromCluster.push(fragmented(payload, cuts, false), () => undefined);
          const expected = Buffer.from(text).toString('latin1');
          expect(observer.texts['1 stdout cluster']).toBe(expected);
        },
      ),
    );
    const { webSocket } = codec('v4.base64.channel.k8s.io');
    const wrong = webSocketFrame({ opcode: 1, payload: Buffer.from('1no*base64') });
    expect(() => webSocket.fromCluster.push(wrong, () => undefined)).toThrow('no base64');
  });

  it('reads nothing behind a close frame', () => {
    const { observer, webSocket } = codec();
    const bytes = closeFrame(1000, 'bye');
    const late = webSocketFrame({ opcode: 2, payload: message(1, 'late') });
    const passed: Buffer[] = [];
    webSocket.fromCluster.push(Buffer.concat([bytes, late]), (good) => passed.push(good));
    expect(Buffer.concat(passed)).toStrictEqual(bytes);
    expect(webSocket.fromCluster.closed).toBe(true);
    expect(observer.texts).toStrictEqual({});
  });

  it('passes on no more than the message under way when it is to stop', () => {
    const { webSocket } = codec();
    const bytes = fragmented(message(1, 'abcdefghij'), [4, 3], false);
    const passed: Buffer[] = [];
    const pass = (good: Buffer) => passed.push(Buffer.from(good));
    webSocket.fromCluster.push(bytes.subarray(0, 9), pass);
    webSocket.fromCluster.stopAtBoundary();
    const more = webSocketFrame({ opcode: 2, payload: message(1, 'secret') });
    webSocket.fromCluster.push(Buffer.concat([bytes.subarray(9), more]), pass);
    expect(Buffer.concat(passed)).toStrictEqual(bytes);
  });

  it('T12 refuses a flood of pings and of empty messages, and lets a few through', () => {
    let left = 50;
    const { webSocket } = codec('v5.channel.k8s.io', () => (left -= 1) >= 0);
    const ping = webSocketFrame({ opcode: opcodes.ping, payload: Buffer.of(1), masked: true });
    const empty = webSocketFrame({ opcode: 2, payload: Buffer.alloc(0), masked: true });
    const push = (bytes: Buffer) => webSocket.fromClient.push(bytes, () => undefined);
    for (let count = 0; count < 25; count += 1) push(Buffer.concat([ping, empty]));
    expect(() => push(ping)).toThrow('too many control frames');
    expect(() => push(empty)).toThrow('too many empty frames');
  });

  it('takes an empty last part of a message for no noise, and empty parts within it for some', () => {
    const { webSocket } = codec('v5.channel.k8s.io', () => false);
    const push = (parts: Part[]) =>
      webSocket.fromCluster.push(
        Buffer.concat(parts.map((one) => part(one, false))),
        () => undefined,
      );
    const begin = { payload: message(1, 'x'), opcode: 2, fin: false };
    const empty = { payload: Buffer.alloc(0), opcode: 0, fin: true };
    push([begin, empty]);
    expect(() => push([begin, { ...empty, fin: false }])).toThrow('too many empty frames');
  });

  it('T12 survives any bytes, alone and in place of one of a good session', () => {
    const good = Buffer.concat([
      fragmented(message(0, 'ls -la\n'), [2, 3], true),
      webSocketFrame({ opcode: 2, payload: Buffer.of(255, 0), masked: true }),
    ]);
    const tolerant = (bytes: Buffer) => {
      const { webSocket } = codec();
      for (const reader of [webSocket.fromClient, webSocket.fromCluster]) {
        try {
          reader.push(bytes, () => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenFrames);
        }
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => tolerant(Buffer.from(bytes))),
      { numRuns: 5_000 },
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        tolerant(bytes);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a WebSocket of a port-forward with ports', () => {
  const ports = (...all: number[]) => {
    const observer = new Observed();
    const protocol = 'v4.channel.k8s.io';
    const options = { observer, noise: { client: quiet, cluster: quiet }, protocol };
    return { observer, webSocket: new WebSocketCodec(portForwardTable(all, protocol), options) };
  };

  it('has a data and an error channel for each port', () => {
    const { observer, webSocket } = ports(80, 8443);
    expect(observer.told).toStrictEqual([
      'opened 0 data 80',
      'opened 1 error 80',
      'opened 2 data 8443',
      'opened 3 error 8443',
    ]);
    const input = webSocketFrame({ opcode: 2, payload: message(2, 'GET /'), masked: true });
    webSocket.fromClient.push(input, () => undefined);
    expect(observer.texts).toStrictEqual({ '2 data client': 'GET /' });
  });

  it.each([1, 3, 4, 255])('T12 refuses a client message on channel %s', (channel) => {
    const { webSocket } = ports(80, 8443);
    const input = webSocketFrame({ opcode: 2, payload: message(channel, 'x'), masked: true });
    expect(() => webSocket.fromClient.push(input, () => undefined)).toThrow(BrokenFrames);
  });
});

describe('masking', () => {
  it('is its own inverse from any offset', () => {
    const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), mask, fc.nat(3), (bytes, key, offset) => {
        const once = applyMask(bytes, key, offset);
        expect(applyMask(once, key, offset)).toStrictEqual(Buffer.from(bytes));
        expect(
          once.every((byte, at) => byte === ((bytes[at] ?? 0) ^ (key[(offset + at) & 3] ?? 0))),
        ).toBe(true);
      }),
    );
  });
});
