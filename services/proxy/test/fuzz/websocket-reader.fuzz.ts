import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { BrokenFrames } from '../../src/channels/broken-frames.js';
import {
  remoteCommandTable,
  WebSocketCodec,
} from '../../src/channels/websocket/websocket-codec.js';
import { closeFrame, webSocketFrame } from '../../src/channels/websocket/websocket-frames.js';
import { Observed } from '../channels/observed.js';

const anyFrame = (masked: boolean): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc
        .record({
          opcode: fc.constantFrom(0, 1, 2, 8, 9, 10, 3),
          fin: fc.boolean(),
          channel: fc.constantFrom(0, 1, 2, 3, 4, 5, 0x30, 0x31, 255),
          text: fc.string({ maxLength: 140 }),
        })
        .map(({ opcode, fin, channel, text }) => {
          const payload = Buffer.concat([Buffer.of(channel), latin1(text)]);
          const frame = webSocketFrame({ opcode, payload, masked });
          if (!fin) frame[0] = opcode;
          return frame;
        }),
      fc.constant(webSocketFrame({ opcode: 2, payload: Buffer.alloc(0), masked })),
      fc.constant(closeFrame(1000, 'done', masked)),
      fc.string({ maxLength: 12 }).map(latin1),
    )
    .map((bytes) => bytes.toString('latin1'));

interface Outcome {
  readonly passed: Buffer;
  readonly isBroken: boolean;
  readonly observed: string;
}

interface Input {
  readonly bytes: Buffer;
  readonly masked: boolean;
  readonly protocol: string;
}

function read({ bytes, masked, protocol }: Input, sizes: readonly number[]): Outcome {
  const observer = new Observed();
  let left = 20;
  const noise = () => (left -= 1) >= 0;
  const options = { observer, noise: { client: noise, cluster: noise }, protocol };
  const codec = new WebSocketCodec(remoteCommandTable(protocol), options);
  const reader = masked ? codec.fromClient : codec.fromCluster;
  const passed: Buffer[] = [];
  let isBroken = false;
  try {
    for (const chunk of cut(bytes, sizes))
      reader.push(chunk, (good) => passed.push(Buffer.from(good)));
  } catch (error) {
    if (!(error instanceof BrokenFrames)) throw error;
    isBroken = true;
  }
  const observed = JSON.stringify([observer.told, observer.texts]);
  return { passed: Buffer.concat(passed), isBroken, observed };
}

const samples = fc.boolean().chain((masked) =>
  fc.record({
    masked: fc.constant(masked),
    protocol: fc.constantFrom('v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'),
    frames: fc.array(anyFrame(masked), { maxLength: 8 }),
    flips: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 2 }),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  }),
);

/** Whatever comes: what is passed on is what came, and how it is cut decides nothing. */
fuzz({
  file: import.meta.url,
  samples,
  holds: ({ masked, protocol, frames, flips, sizes }) => {
    const bytes = latin1(frames.join(''));
    for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
    const whole = read({ bytes, masked, protocol }, []);
    const inParts = read({ bytes, masked, protocol }, sizes);
    expect(inParts.isBroken).toBe(whole.isBroken);
    for (const { passed } of [whole, inParts]) {
      expect(passed.equals(bytes.subarray(0, passed.length))).toBe(true);
    }
    if (whole.isBroken) return;
    expect(inParts.observed).toBe(whole.observed);
    expect(inParts.passed.equals(whole.passed)).toBe(true);
  },
});
