import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { Masker, MaskKeys } from '@drawbridge/masking';
import { ChannelMasks } from '../../src/channels/channel-masks.js';
import {
  remoteCommandTable,
  WebSocketCodec,
} from '../../src/channels/websocket/websocket-codec.js';
import { closeFrame, webSocketFrame } from '../../src/channels/websocket/websocket-frames.js';
import { Observed } from '../channels/observed.js';

const masker = new Masker({ keys: new MaskKeys(Buffer.alloc(32, 7)) });
/** In none of the texts around it. */
const SECRET = 'Zq7Xv9Kp2Mw4Rt6By8Nc3Hd5Jf1LgQs0Vu';
const STDOUT = 1;
const STDERR = 2;
const quiet = () => true;

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;

interface Message {
  readonly channel: number;
  readonly text: string;
  readonly parts: readonly number[];
}

/** A message in as many frames as one likes. */
function framesOf({ channel, text, parts }: Message, protocol: string): Buffer {
  const base64 = protocol.includes('base64');
  const payload = base64
    ? Buffer.from(`${channel}${latin1(text).toString('base64')}`)
    : Buffer.concat([Buffer.of(channel), latin1(text)]);
  const pieces = [...cut(payload, parts)].length;
  let turn = 0;
  const frames: Buffer[] = [];
  for (const piece of cut(payload, parts)) {
    turn += 1;
    const first = base64 ? 1 : 2;
    const frame = webSocketFrame({ opcode: turn === 1 ? first : 0, payload: Buffer.from(piece) });
    if (turn < pieces) frame[0] = (frame[0] ?? 0) & 0x7f;
    frames.push(frame);
  }
  return Buffer.concat(frames);
}

/** What the client gets of each channel, read by a reader of its own. */
function received(
  bytes: Buffer,
  protocol: string,
  sizes: readonly number[],
): Record<string, string> {
  const masks = new ChannelMasks({ masker, flushMs: 500, isArchive: false });
  const noise = { client: quiet, cluster: quiet };
  const table = remoteCommandTable(protocol);
  const codec = new WebSocketCodec(table, { observer: new Observed(), noise, protocol, masks });
  const seen = new Observed();
  const client = new WebSocketCodec(table, { observer: seen, noise, protocol });
  const show = (out: Uint8Array) => client.fromCluster.push(Buffer.from(out), () => undefined);
  for (const chunk of cut(bytes, sizes)) codec.fromCluster.push(chunk, show);
  const rest = codec.fromCluster.held?.end();
  if (rest !== undefined) show(rest);
  expect(client.fromCluster.atBoundary).toBe(true);
  return seen.texts;
}

const anyText = fc.oneof(
  fc.constantFrom(
    '\n',
    ' ',
    'level=info',
    '{"a":1}',
    '\u001b[31m',
    'password',
    'eyJ',
    '-----BEGIN',
  ),
  fc.string({ maxLength: 12 }),
);
const planted = fc.constantFrom(
  `\npassword=${SECRET}\n`,
  `\npostgres://app:${SECRET}@db/app\n`,
  `\nghp_${SECRET}${SECRET}\n`,
  `\n${SECRET}\n`,
);

/** However a secret is cut into messages, frames and chunks, and whatever comes between its parts: it is not shown. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    protocol: fc.constantFrom(...protocols),
    before: fc.array(anyText, { maxLength: 6 }),
    secret: planted,
    after: fc.array(anyText, { maxLength: 6 }),
    between: fc.array(anyText, { minLength: 1, maxLength: 4 }),
    messages: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
    parts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
    closes: fc.boolean(),
  }),
  holds: (sample) => {
    const { protocol, parts } = sample;
    const text = [...sample.before, sample.secret, ...sample.after].join('');
    const pieces = [...cut(latin1(text), sample.messages)].length;
    const frames: Buffer[] = [];
    const others: string[] = [];
    let turn = 0;
    for (const piece of cut(latin1(text), sample.messages)) {
      frames.push(framesOf({ channel: STDOUT, text: piece.toString('latin1'), parts }, protocol));
      const other = sample.between[turn % sample.between.length] ?? '';
      others.push(other);
      frames.push(framesOf({ channel: STDERR, text: other, parts }, protocol));
      turn += 1;
    }
    expect(turn).toBe(pieces);
    if (sample.closes) frames.push(closeFrame(1000, 'done'));
    const bytes = Buffer.concat(frames);
    const whole = received(bytes, protocol, []);
    expect(received(bytes, protocol, sample.sizes)).toStrictEqual(whole);
    const shown = Object.values(whole).join('');
    expect(shown).not.toContain(SECRET.slice(0, 17));
    expect(shown).not.toContain(SECRET.slice(17));
    expect(whole['1 stdout cluster']).toContain('drawbridge:masked:');
  },
});
