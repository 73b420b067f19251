import { expect } from 'vitest';
import fc from 'fast-check';
import { cut, fuzz, latin1 } from '@drawbridge/fuzzing';
import { STREAM_WINDOW } from '../../src/upstream/http2/http2-stream.js';
import {
  END_HEADERS,
  frame,
  frameType,
  headerBlock,
  headersFrame,
  settingsFrame,
} from '../http2-frames.js';
import {
  dataFrame,
  goAway,
  Http2Cluster,
  LATE,
  pingFrame,
  resetFrame,
  wordOf,
  type SendOptions,
  type Sent,
} from '../upstream/http2-cluster.js';

/** What happens: bytes come, or something is done with one of the calls. */
type Step = Came | Done;
interface Came {
  readonly bytes: string;
  readonly times: number;
}
interface Done {
  readonly act: Act;
  readonly of: number;
}
type Act = 'send' | 'abort' | 'pause' | 'resume' | 'tick' | 'retire';
/** What each call does when its head, or a piece of its body, comes. */
type Habit = 'none' | 'pause at head' | 'abort at head' | 'pause at data' | 'abort at data';

const ours = fc.constantFrom(1, 3, 5, 7);
const last = fc.constantFrom(0, 0, 0, 1);
const oftenOurs = fc.constantFrom(1, 1, 1, 3, 3, 3, 5, 5, 7, 9, 11, 0, 2, 99);
const someFlags = fc.constantFrom(0, 0, 1, 4, 4, 4, 5, 5, 8, 12, 13, 0x24, 0x2d, 255);
const block = fc.oneof(
  fc.constantFrom('\x88', '\x88', '\x88', '\x8d', '\x48\x03207', '\xbe', '\xbf', '\x20\x88', ''),
  fc.constantFrom('\x3f\xe1\x1f\x88', '\x3f\xe2\x1f\x88', '\x88\x20', '\x88\x0f\x0d\x012', '\xff'),
  fc
    .array(fc.tuple(fc.constantFrom('content-length', 'a', 'te', ':x'), fc.constantFrom('2', 'b')))
    .map((fields) => headerBlock([[':status', '200'], ...fields]).toString('latin1')),
  fc
    .constantFrom('103', '101', '204', '304', '99')
    .map((status) => headerBlock([[':status', status]]).toString('latin1')),
  fc.string({ maxLength: 12 }),
);
/** Mostly such as a server may send: otherwise a connection is over before much can happen on it. */
const good = fc.oneof(
  fc
    .tuple(
      ours,
      fc.constantFrom('\x88', '\x88', '\x88\x0f\x0d\x045000', '\x48\x03207', '\xbe'),
      last,
    )
    .map(([stream, text, flags]) =>
      frame(frameType.headers, { stream, flags: flags | END_HEADERS, payload: latin1(text) }),
    ),
  fc
    .tuple(ours, fc.constantFrom(1, 5, 1_000, 4_000), last)
    .map(([stream, size, flags]) => dataFrame(stream, Buffer.alloc(size, 1), flags)),
  ours.map((stream) => headersFrame(stream, [[':status', '103']], END_HEADERS)),
  ours.map((stream) => headersFrame(stream, [['a', 'b']])),
  fc
    .tuple(ours, last)
    .map(([stream, flags]) =>
      Buffer.concat([
        frame(frameType.headers, { stream, flags, payload: latin1('\x48\x032') }),
        frame(frameType.continuation, { stream, flags: END_HEADERS, payload: latin1('07') }),
      ]),
    ),
  ours.map((stream) => resetFrame(stream, 7)),
  fc.nat(1).map(pingFrame),
  fc.constantFrom(1, 3, 5, 0x7fff_ffff).map((stream) => goAway(stream)),
  fc.constantFrom(1, 2, 256).map((most) => settingsFrame([3, most])),
);
const strange = fc.oneof(
  oftenOurs.map((stream) => headersFrame(stream, [[':status', '200']], 4)),
  fc
    .record({
      type: fc.constantFrom(frameType.headers, frameType.headers, frameType.continuation),
      flags: someFlags,
      stream: oftenOurs,
      payload: block.map(latin1),
    })
    .map(({ type, ...rest }) => frame(type, rest)),
  fc
    .record({ stream: oftenOurs, size: fc.constantFrom(0, 1, 2, 2, 5, 4_000), flags: someFlags })
    .map(({ stream, size, flags }) => dataFrame(stream, Buffer.alloc(size, 1), flags)),
  fc.tuple(oftenOurs, fc.nat(14)).map(([stream, code]) => resetFrame(stream, code)),
  fc.constantFrom(0, 1, 3, 5, 0x7fff_ffff).map((last) => goAway(last)),
  fc.nat(1).map(pingFrame),
  fc.tuple(fc.nat(7), fc.nat(300)).map((pair) => settingsFrame(pair)),
  fc
    .tuple(oftenOurs, fc.nat(2))
    .map(([stream, by]) => frame(frameType.windowUpdate, { stream, payload: wordOf(by) })),
  fc
    .record({ type: fc.nat(12), flags: fc.nat(255), stream: oftenOurs, payload: fc.string() })
    .map(({ type, payload, ...rest }) => frame(type, { ...rest, payload: latin1(payload) })),
  fc.string({ maxLength: 12 }).map(latin1),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.tuple(ours, fc.constantFrom(30, 66, 70)).map(([stream, times]) => ({
      bytes: dataFrame(stream, Buffer.alloc(4_000, 1)).toString('latin1'),
      times,
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: strange }),
        fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 17),
      )
      .map(([bytes, times]) => ({ bytes: bytes.toString('latin1'), times })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom<Act>(
        'send',
        'send',
        'abort',
        'pause',
        'resume',
        'resume',
        'tick',
        'retire',
      ),
      of: fc.nat(5),
    }),
  },
);

function habitOf(habit: Habit): SendOptions {
  const [act, when] = habit.split(' at ');
  const does = (call: Sent['call']) => (act === 'abort' ? call.abort() : call.pause());
  if (when === 'head') return { onHead: does };
  return when === 'data' ? { onData: does } : {};
}

interface Sample {
  readonly habits: readonly Habit[];
  readonly steps: readonly Step[];
  readonly flips: readonly (readonly [number, number])[];
}

/** Plays it, with what comes cut in these sizes. */
function play({ habits, steps: all, flips }: Sample, sizes: readonly number[]) {
  const cluster = new Http2Cluster();
  const calls: Sent[] = [];
  const send = (habit: Habit) => {
    const sent = cluster.offer(habitOf(habit));
    if (sent !== undefined) calls.push(sent);
  };
  cluster.say(settingsFrame());
  for (const habit of habits) send(habit);
  for (const [index, step] of all.entries()) {
    if ('bytes' in step) come(cluster, flipped(step, flips, index), sizes);
    else if (step.act === 'send') send('none');
    else act(cluster, calls, step);
  }
  for (const sent of calls) resume(sent);
  const begun = calls.filter(({ events }) => events.length > 0).map(({ call }) => call);
  expect(cluster.again.filter((call) => begun.includes(call))).toStrictEqual([]);
  const { maxStreams, streams } = cluster.connection;
  const before = { events: calls.map(({ events }) => [...events]), maxStreams, streams };
  expect(cluster.carried).toBe(streams);
  cluster.connection.destroy(new Error('over'));
  return { ...before, cluster, calls };
}

function flipped({ bytes, times }: Came, flips: Sample['flips'], index: number): Buffer {
  const all = latin1(bytes.repeat(times));
  for (const [at, value] of flips) if (at % 8 === index) all[at % 20] = value;
  return all;
}

function come(cluster: Http2Cluster, bytes: Buffer, sizes: readonly number[]): void {
  for (const chunk of cut(bytes, sizes)) cluster.connection.read(chunk);
}

function act(cluster: Http2Cluster, calls: readonly Sent[], { act: what, of }: Done): void {
  const sent = calls[of];
  if (what === 'tick') cluster.pass(of * 5);
  else if (what === 'retire') cluster.connection.retire();
  else if (what === 'resume') resume(sent);
  else if (what !== 'send') sent?.call[what]();
}

/** What was kept for whoever did not read is no more than the window. */
function resume(sent: Sent | undefined): void {
  if (sent === undefined) return;
  const { bytes } = sent;
  sent.call.resume();
  expect(sent.bytes - bytes).toBeLessThanOrEqual(STREAM_WINDOW);
}

/** Whatever comes: each call ends once, or is sent again once, and how it is cut decides nothing. */
fuzz({
  file: import.meta.url,
  samples: fc.record({
    habits: fc.array(
      fc.constantFrom<Habit>(
        'none',
        'none',
        'none',
        'pause at head',
        'abort at head',
        'pause at data',
        'abort at data',
      ),
      { minLength: 2, maxLength: 5 },
    ),
    steps: fc.array(steps, { maxLength: 24 }),
    flips: fc.array(fc.tuple(fc.nat(999), fc.nat(255)), { maxLength: 1 }),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
  }),
  holds: ({ sizes, ...sample }) => {
    const whole = play(sample, []);
    const inParts = play(sample, sizes);
    expect(inParts.events).toStrictEqual(whole.events);
    expect([inParts.maxStreams, inParts.streams]).toStrictEqual([whole.maxStreams, whole.streams]);
    for (const { cluster, calls } of [whole, inParts]) {
      expect([cluster.carried, cluster.connection.streams]).toStrictEqual([0, 0]);
      expect(cluster.faults).toHaveLength(1);
      for (const { call, ends, events } of calls) {
        const again = cluster.again.filter((each) => each === call).length;
        expect(ends + again).toBeLessThanOrEqual(1);
        // One that was aborted is over, and was told nothing.
        if (ends + again === 0) expect(call.over).toBe(true);
        expect(events.filter((each) => each === LATE)).toStrictEqual([]);
      }
    }
  },
});
