import { deflateSync } from 'node:zlib';
import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { BrokenFrames } from '../../src/channels/broken-frames.js';
import { SpdyCodec } from '../../src/channels/spdy/spdy-codec.js';
import { spdyDictionary } from '../../src/channels/spdy/dictionary.js';
import { controlTypes, spdyDataFrame, spdyGoAway } from '../../src/channels/spdy/spdy-frames.js';
import { Observed } from '../channels/observed.js';
import { controlFrame, ping, plainHeaders, reset, words } from '../channels/spdy-peer.js';

/** Only the first of a connection is whole by itself, which is enough. */
const block = (headers: readonly (readonly [string, string])[]): Buffer =>
  deflateSync(plainHeaders(headers), { dictionary: spdyDictionary });
const open = (id: number, type: string): Buffer =>
  controlFrame({
    type: controlTypes.synStream,
    payload: Buffer.concat([words(id, 0), Buffer.of(0, 0), block([['streamtype', type]])]),
  });

const anyFrame: fc.Arbitrary<string> = fc
  .oneof(
    fc
      .tuple(fc.constantFrom(1, 3, 5, 7, 2, 0), fc.constantFrom('stdin', 'stdout', 'error', 'x'))
      .map(([id, type]) => open(id, type)),
    fc
      .record({ streamId: fc.nat(8), payload: fc.string({ maxLength: 20 }), fin: fc.boolean() })
      .map(({ streamId, payload, fin }) =>
        spdyDataFrame({ streamId, payload: latin1(payload), fin }),
      ),
    fc.nat(8).map(reset),
    fc.nat(3).map(ping),
    fc.constant(spdyGoAway(0, 0)),
    fc
      .record({ type: fc.nat(12), flags: fc.nat(3), payload: fc.string({ maxLength: 20 }) })
      .map(({ type, flags, payload }) => controlFrame({ type, flags, payload: latin1(payload) })),
    fc.string({ maxLength: 12 }).map(latin1),
  )
  .map((bytes) => bytes.toString('latin1'));

interface Outcome {
  readonly passed: Buffer;
  readonly isBroken: boolean;
  readonly observed: string;
}

function read(
  bytes: Buffer,
  side: 'fromClient' | 'fromCluster',
  sizes: readonly number[],
): Outcome {
  const observer = new Observed();
  let left = 20;
  const noise = () => (left -= 1) >= 0;
  const codec = new SpdyCodec('remoteCommand', {
    observer,
    noise: { client: noise, cluster: noise },
    protocol: 'v4.channel.k8s.io',
  });
  const passed: Buffer[] = [];
  let isBroken = false;
  try {
    for (const chunk of cut(bytes, sizes)) {
      codec[side].push(chunk, (good) => passed.push(Buffer.from(good)));
    }
  } catch (error) {
    if (!(error instanceof BrokenFrames)) throw error;
    isBroken = true;
  }
  return {
    passed: Buffer.concat(passed),
    isBroken,
    observed: JSON.stringify([observer.told, observer.texts]),
  };
}

/** Whatever comes: what is passed on is what came, and how it is cut decides nothing. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    frames: fc.array(anyFrame, { maxLength: 8 }),
    flips: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 2 }),
    side: fc.constantFrom('fromClient' as const, 'fromCluster' as const),
    sizes: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
  }),
  holds: ({ frames, flips, side, sizes }) => {
    const bytes = latin1(frames.join(''));
    for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
    const whole = read(bytes, side, []);
    const inParts = read(bytes, side, sizes);
    expect(inParts.isBroken).toBe(whole.isBroken);
    for (const { passed } of [whole, inParts]) {
      expect(passed.equals(bytes.subarray(0, passed.length))).toBe(true);
    }
    if (whole.isBroken) return;
    expect(inParts.observed).toBe(whole.observed);
    expect(inParts.passed.equals(whole.passed)).toBe(true);
  },
});
