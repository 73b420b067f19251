import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  frameType,
  headerBlock,
  headersFrame,
  settingsFrame,
} from '../../../test/http2-frames.js';
import {
  BLOCK,
  bytesOf,
  callOf,
  dataFrame,
  goAway,
  headOf,
  Http2Cluster,
  pingFrame,
  resetFrame,
  settle,
  wordOf,
  type Fields,
  type Sent,
} from '../../../test/upstream/http2-cluster.js';
import * as frames from './frames.js';
import { STREAM_WINDOW } from './http2-stream.js';
import { requestBlock } from './request-block.js';

const ACK = 1;
const PADDED = 8;
const REFUSED_STREAM = 7;
const PROTOCOL_ERROR = 1;
const CANCEL = 8;
const WHOLE = END_HEADERS | END_STREAM;
const PUSH_PROMISE = 5;

let cluster: Http2Cluster;

beforeEach(() => {
  cluster = new Http2Cluster();
});

afterEach(() => {
  cluster.connection.destroy(new Error('the test is over'));
});

const ready = () => cluster.say(settingsFrame());

/** A head and a body in one frame. */
const answer = (stream: number, body: string): readonly Buffer[] => [
  headOf(stream),
  dataFrame(stream, body, END_STREAM),
];
const continuation = (stream: number, block: Buffer, flags = END_HEADERS) =>
  frame(frameType.continuation, { stream, flags, payload: block });
const okBlock = headerBlock([[':status', '200']]);
const openBlock = (stream: number, block = okBlock) =>
  frame(frameType.headers, { stream, payload: block });
const padded = (stream: number, length: number, rest: string) =>
  dataFrame(stream, Buffer.concat([Buffer.of(length), bytesOf(rest)]), PADDED);
const settingOf = (id: number, value: number) => settingsFrame([id, value]);
const times = (count: number, each: Buffer): Buffer[] => Array.from({ length: count }, () => each);
/** As much body as the window of a stream, in frames of the largest size. */
const aWindow = (stream: number): Buffer[] =>
  times(STREAM_WINDOW / frames.MAX_FRAME_BYTES, dataFrame(stream, 'x'.repeat(16_384)));

describe('what a connection says', () => {
  it('begins with the preface, settings and a wide window', async () => {
    await settle();
    expect(cluster.preface).toBe('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const [settings, window] = cluster.written;
    const pairs = ['000200000000', '000400040000', '000600010000'];
    expect(settings).toMatchObject({ type: frameType.settings, flags: 0, stream: 0 });
    expect(settings?.payload.toString('hex')).toBe(pairs.join(''));
    expect(window).toMatchObject({ type: frameType.windowUpdate, stream: 0 });
    expect(cluster.written).toHaveLength(2);
  });

  it('answers settings and pings, and no acknowledgement', async () => {
    const ping = frame(frameType.ping, { payload: bytesOf('\0\xff345678') });
    cluster.say(settingsFrame(), frame(frameType.settings, { flags: ACK }), ping, pingFrame(ACK));
    await settle();
    const said = cluster.written.slice(2);
    expect(said.map(({ type, flags }) => [type, flags])).toStrictEqual([
      [frameType.settings, ACK],
      [frameType.ping, ACK],
    ]);
    expect(said[1]?.payload.toString('latin1')).toBe('\0\xff345678');
  });

  it('has calls on odd streams, each above the one before, and a table of nothing in the first', async () => {
    ready();
    for (let call = 0; call < 3; call += 1) cluster.send();
    await settle();
    const heads = cluster.writtenOf(frameType.headers);
    expect(heads.map(({ stream, flags }) => [stream, flags])).toStrictEqual([
      [1, WHOLE],
      [3, WHOLE],
      [5, WHOLE],
    ]);
    expect(heads.map(({ payload }) => payload.toString('latin1'))).toStrictEqual([
      `\x20${BLOCK}`,
      BLOCK,
      BLOCK,
    ]);
  });

  it('says of a credential that no table may ever keep it', () => {
    const block = requestBlock(
      {
        method: 'GET',
        target: '/api',
        headers: ['Accept', 'a', 'X-Y', 'b'],
        body: null,
        longRunning: false,
      },
      { prefix: '', host: 'h' },
      ['Authorization', 'Bearer s', 'Impersonate-User', 'jane'],
    );
    const credential = '\x1f\x08\x08Bearer s\x10\x10impersonate-user\x04jane';
    expect(block).toBe(`\x82\x87\x04\x04/api\x01\x01h\x0f\x04\x01a\x00\x03x-y\x01b${credential}`);
  });

  it('is nothing about a call that cannot be carried', async () => {
    expect(cluster.connection.start(callOf().call, BLOCK)).toBe(false);
    cluster.say(settingOf(3, 1));
    expect(cluster.connection.start(callOf().call, 'x'.repeat(16_384))).toBe(false);
    cluster.send();
    expect(cluster.connection.start(callOf().call, BLOCK)).toBe(false);
    await settle();
    expect(cluster.writtenOf(frameType.headers)).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('comes as it was sent', () => {
    ready();
    const { events } = cluster.send();
    cluster.say(headOf(1, [['content-length', '3']]), dataFrame(1, 'abc', END_STREAM));
    expect(events).toStrictEqual(['200', 'abc', 'end']);
    expect([cluster.owner, cluster.carried]).toStrictEqual([['ready', 'answered'], 0]);
  });

  it.each([' a', '\ta', 'a ', 'a\t ', ' a\t'])(
    'has values without blanks at their ends, as over HTTP/1.1: "%s"',
    (value) => {
      ready();
      const heads: (readonly string[])[] = [];
      const { call } = cluster.send();
      vi.spyOn(call, 'onHead').mockImplementation(({ rawHeaders }) => heads.push(rawHeaders));
      const warning: Fields = [
        ['warning', value],
        ['x', 'b c'],
      ];
      cluster.say(headOf(1, warning), dataFrame(1, 'x', END_STREAM));
      expect(heads).toStrictEqual([['warning', 'a', 'x', 'b c']]);
    },
  );

  it('may end with its head, an empty piece or trailers, and be padded', () => {
    ready();
    const calls = Array.from({ length: 4 }, () => cluster.send());
    cluster.say(headOf(1, [], WHOLE), headOf(3), dataFrame(3, '', END_STREAM));
    cluster.say(headOf(5), dataFrame(5, 'x'), headersFrame(5, [['grpc-status', '0']]));
    cluster.say(headOf(7), padded(7, 2, 'ab\0\0'), dataFrame(7, '\x01\0', PADDED | END_STREAM));
    expect(calls.map(({ told }) => told())).toStrictEqual([
      ['200', '', 'end'],
      ['200', '', 'end'],
      ['200', 'x', 'end'],
      ['200', 'ab', 'end'],
    ]);
  });

  it.each([
    ['HEAD', '200', '5'],
    ['GET', '304', '5'],
    ['GET', '204', '0'],
  ])('to %s with %s may say a length of %s and have no body', (method, status, length) => {
    ready();
    const { events } = cluster.send({ method });
    const fields: Fields = [
      [':status', status],
      ['content-length', length],
    ];
    cluster.say(headersFrame(1, fields));
    expect(events).toStrictEqual([status, 'end']);
  });

  it('may be announced up to sixteen times', () => {
    ready();
    const { events } = cluster.send();
    cluster.say(
      ...times(16, headersFrame(1, [[':status', '103']], END_HEADERS)),
      ...answer(1, 'x'),
    );
    expect(events).toStrictEqual(['200', 'x', 'end']);
  });

  it('may come in the middle of others', () => {
    ready();
    const calls = Array.from({ length: 20 }, () => cluster.send());
    const ids = calls.map((_call, index) => 2 * index + 1);
    cluster.say(...ids.map((id) => headOf(id)));
    cluster.say(...ids.toReversed().map((id) => dataFrame(id, `a${id}`)));
    cluster.say(...ids.map((id) => dataFrame(id, `b${id}`, END_STREAM)));
    expect(calls.map(({ told }) => told())).toStrictEqual(
      ids.map((id) => ['200', `a${id}b${id}`, 'end']),
    );
    expect([cluster.carried, cluster.connection.streams]).toStrictEqual([0, 0]);
  });

  it('is the same wherever its frames are cut', async () => {
    const bytes = Buffer.concat([
      settingsFrame(),
      headersFrame(1, [[':status', '103']], END_HEADERS),
      openBlock(1, okBlock.subarray(0, 4)),
      continuation(1, okBlock.subarray(4)),
      headOf(3, [['content-length', '2']]),
      dataFrame(1, 'ab'),
      pingFrame(),
      padded(3, 1, 'cd\0'),
      dataFrame(1, 'e', END_STREAM),
      dataFrame(3, '', END_STREAM),
    ]);
    for (let at = 10; at < bytes.length; at += 1) {
      cluster = new Http2Cluster();
      cluster.say(bytes.subarray(0, 9));
      const calls = [cluster.send(), cluster.send()];
      cluster.say(bytes.subarray(9, at));
      cluster.say(bytes.subarray(at));
      expect(calls.map(({ told }) => told())).toStrictEqual([
        ['200', 'abe', 'end'],
        ['200', 'cd', 'end'],
      ]);
    }
    await settle();
  });

  it('is the same when it comes byte by byte', () => {
    ready();
    const { told } = cluster.send();
    for (const byte of Buffer.concat([headOf(1), dataFrame(1, 'abc'), dataFrame(1, '', 1)])) {
      cluster.say(Buffer.of(byte));
    }
    expect(told()).toStrictEqual(['200', 'abc', 'end']);
  });

  it('that is over ends nothing when its stream is reset behind it', () => {
    ready();
    const sent = [cluster.send(), cluster.send()];
    cluster.say(...answer(1, 'x'), resetFrame(1, 0));
    cluster.say(headOf(3, [['content-length', '1']]), dataFrame(3, 'y'), resetFrame(3, 0));
    expect(sent.map(({ events }) => events)).toStrictEqual([
      ['200', 'x', 'end'],
      ['200', 'y', 'end'],
    ]);
    expect([cluster.carried, cluster.faults]).toStrictEqual([0, []]);
  });
});

const status = (code: string, ...more: Fields): Fields => [[':status', code], ...more];
const head = (...fields: Fields) => headersFrame(1, fields, END_HEADERS);

describe('what is wrong with one answer', () => {
  it.each<readonly [string, readonly Buffer[], readonly string[]]>([
    ['no status', [head(['a', 'b'])], []],
    ['nothing at all', [headersFrame(1, [], END_HEADERS)], []],
    ['a status behind headers', [head(['a', 'b'], [':status', '200'])], []],
    ['two of them', [head([':status', '200'], [':status', '200'])], []],
    ['a status of two digits', [head([':status', '20'])], []],
    ['a pseudo-header of a call', [head([':status', '200'], [':path', '/'])], []],
    ['a pseudo-header behind headers', [head([':status', '200'], ['a', 'b'], [':x', 'y'])], []],
    ['two lengths', [head(...status('200', ['content-length', '1'], ['content-length', '1']))], []],
    ['a length that is none', [head(...status('200', ['content-length', '+1']))], []],
    ['a header of the connection', [head(...status('200', ['connection', 'close']))], []],
    ['a coding of transfer', [head(...status('200', ['transfer-encoding', 'chunked']))], []],
    ['an upgrade', [head(...status('200', ['upgrade', 'spdy']))], []],
    [
      '257 headers',
      [head(...status('200', ...times(256, bytesOf('')).map(() => ['a', 'b'] as const)))],
      [],
    ],
    ['101', [head(...status('101'))], []],
    ['an announcement that is the last', [headersFrame(1, status('100'))], []],
    ['17 announcements', times(17, head(...status('103'))), []],
    ['a length without a body', [headersFrame(1, status('200', ['content-length', '1']))], []],
    ['204 with a length', [head(...status('204', ['content-length', '1']))], []],
    ['204 with a body', [head(...status('204')), dataFrame(1, 'x')], ['204']],
    ['304 with a body', [head(...status('304')), dataFrame(1, 'x', END_STREAM)], ['304']],
    [
      'a body that is too long',
      [head(...status('200', ['content-length', '1'])), dataFrame(1, 'xy')],
      ['200'],
    ],
    [
      'a body that is too short',
      [head(...status('200', ['content-length', '2'])), dataFrame(1, 'x', END_STREAM)],
      ['200'],
    ],
    [
      'trailers before the end of the length',
      [head(...status('200', ['content-length', '2'])), headersFrame(1, [['a', 'b']])],
      ['200'],
    ],
    ['trailers with a pseudo-header', [headOf(1), headersFrame(1, status('200'))], ['200']],
    ['trailers that are not the last', [headOf(1), head(['a', 'b'])], ['200']],
    ['a second head', [headOf(1), headOf(1)], ['200']],
  ])('ends that one call: %s', (_what, wrong, told) => {
    ready();
    const [bad, good] = [cluster.send(), cluster.send()];
    cluster.say(headOf(3), dataFrame(3, 'x'), ...wrong, dataFrame(3, 'y', END_STREAM));
    expect(bad.events).toStrictEqual([...told, 'not_http']);
    expect(good.told()).toStrictEqual(['200', 'xy', 'end']);
    expect([cluster.again, cluster.carried, cluster.faults]).toStrictEqual([[], 0, []]);
  });

  it('ends one call to HEAD that has a body', () => {
    ready();
    const { events } = cluster.send({ method: 'HEAD' });
    cluster.say(headOf(1), dataFrame(1, 'x'));
    expect(events).toStrictEqual(['200', 'not_http']);
  });

  it('is told to the cluster, unless the answer is over anyway', async () => {
    ready();
    for (let call = 0; call < 2; call += 1) cluster.send();
    cluster.say(head(...status('101')), headersFrame(3, status('101')));
    await settle();
    expect(cluster.resets).toStrictEqual([[1, PROTOCOL_ERROR]]);
  });

  it('is more than the window of its stream', async () => {
    ready();
    const [bad, good] = [cluster.send({ onHead: (call) => call.pause() }), cluster.send()];
    cluster.say(headOf(1), ...aWindow(1));
    expect(bad.events).toStrictEqual(['200']);
    cluster.say(dataFrame(1, 'x'), ...answer(3, 'y'));
    expect([bad.events, good.events]).toStrictEqual([
      ['200', 'not_http'],
      ['200', 'y', 'end'],
    ]);
    await settle();
    expect(cluster.resets).toStrictEqual([[1, PROTOCOL_ERROR]]);
  });

  it('is more than the window, padding included', () => {
    ready();
    const { events } = cluster.send({ onHead: (call) => call.pause() });
    const padding = dataFrame(1, Buffer.concat([Buffer.of(255), Buffer.alloc(255)]), PADDED);
    cluster.say(headOf(1), ...times(STREAM_WINDOW / 256, padding));
    expect(events).toStrictEqual(['200']);
    cluster.say(padding);
    expect(events).toStrictEqual(['200', 'not_http']);
  });
});

/** A connection with one call of each sort: not answered, begun, aborted, over. */
async function busy(): Promise<Record<'waiting' | 'begun' | 'aborted' | 'over', Sent>> {
  ready();
  const calls = {
    waiting: cluster.send(),
    begun: cluster.send(),
    aborted: cluster.send(),
    over: cluster.send(),
  };
  cluster.say(headOf(3), dataFrame(3, 'x'), headOf(5), ...answer(7, 'y'));
  calls.aborted.call.abort();
  await settle();
  return calls;
}

describe('what no server may do', () => {
  it.each<readonly [string, readonly Buffer[]]>([
    ['a frame that is too large', [frame(99, { payload: Buffer.alloc(16_385) })]],
    ['a body on a stream that was never opened', [dataFrame(9, 'x')]],
    ['a body on a stream that is over', [dataFrame(7, 'x')]],
    ['a body on an even stream', [dataFrame(2, 'x')]],
    ['a body of the connection', [dataFrame(0, 'x')]],
    ['a body before its head', [dataFrame(1, 'x')]],
    ['a head on a stream that was never opened', [headOf(9)]],
    ['a head on a stream that is over', [headOf(7)]],
    ['a head on an even stream', [headOf(2)]],
    ['a head of the connection', [headOf(0)]],
    ['a head of the connection that goes on', [openBlock(0)]],
    ['a frame behind the end of one that was aborted', [dataFrame(5, '', 1), dataFrame(5, '')]],
    ['a continuation of nothing', [continuation(1, okBlock)]],
    ['a continuation of nothing, of the connection', [continuation(0, okBlock)]],
    ['a continuation on another stream', [openBlock(1), continuation(3, okBlock)]],
    ['a continuation behind the end of its block', [headOf(1), continuation(1, okBlock)]],
    ['a body between a head and its rest', [openBlock(1), dataFrame(3, 'x')]],
    ['a head between a head and its rest', [openBlock(1), headOf(3)]],
    ['a ping between a head and its rest', [openBlock(1), pingFrame()]],
    ['a frame nobody knows between a head and its rest', [openBlock(1), frame(99)]],
    ['a head without end', [openBlock(1), ...times(16, continuation(1, bytesOf(''), 0))]],
    [
      'a head that is too long',
      [openBlock(1), ...times(4, continuation(1, Buffer.alloc(16_384), 0))],
    ],
    [
      'a head with an index of nothing',
      [openBlock(1, bytesOf('\xbe')), continuation(1, bytesOf(''))],
    ],
    ['a push', [frame(PUSH_PROMISE, { stream: 1, flags: END_HEADERS, payload: wordOf(2) })]],
    ['settings of a stream', [frame(frameType.settings, { stream: 1 })]],
    ['settings of another length', [frame(frameType.settings, { payload: Buffer.alloc(5) })]],
    [
      'an acknowledgement that says something',
      [frame(frameType.settings, { flags: ACK, payload: Buffer.alloc(6) })],
    ],
    ['settings that allow a push', [settingOf(2, 1)]],
    ['settings with a window that is too large', [settingOf(4, 0x8000_0000)]],
    ['settings with frames that are too small', [settingOf(5, 16_383)]],
    ['settings with frames that are too large', [settingOf(5, 16_777_216)]],
    ['a ping of a stream', [frame(frameType.ping, { stream: 1, payload: Buffer.alloc(8) })]],
    ['a ping of another length', [frame(frameType.ping, { payload: Buffer.alloc(7) })]],
    ['an end of another length', [frame(frameType.goaway, { payload: Buffer.alloc(7) })]],
    ['an end of a stream only', [frame(frameType.goaway, { stream: 1, payload: Buffer.alloc(8) })]],
    ['a window of another length', [frame(frameType.windowUpdate, { payload: Buffer.alloc(5) })]],
    ['a window of nothing', [frame(frameType.windowUpdate, { payload: Buffer.alloc(4) })]],
    ['a reset of the connection', [resetFrame(0, CANCEL)]],
    ['a reset of a stream that was never opened', [resetFrame(9, CANCEL)]],
    ['a reset of an even stream', [resetFrame(2, CANCEL)]],
    [
      'a reset of another length',
      [frame(frameType.reset, { stream: 1, payload: Buffer.alloc(5) })],
    ],
    [
      'a priority of another length',
      [frame(frameType.priority, { stream: 1, payload: Buffer.alloc(4) })],
    ],
    ['a priority of the connection', [frame(frameType.priority, { payload: Buffer.alloc(5) })]],
    ['more padding than body', [padded(3, 3, 'ab')]],
    ['padding without a length', [dataFrame(3, '', PADDED)]],
    [
      'more padding than head',
      [frame(frameType.headers, { stream: 1, flags: PADDED | WHOLE, payload: bytesOf('\x01') })],
    ],
    [
      'a head too short for its priority',
      [frame(frameType.headers, { stream: 1, flags: 0x20 | WHOLE, payload: bytesOf('abcd') })],
    ],
    ['pings without end', times(1_001, pingFrame())],
    ['settings without end', times(1_001, settingsFrame())],
    ['windows without end', times(1_001, frame(frameType.windowUpdate, { payload: wordOf(1) }))],
    ['frames nobody knows without end', times(1_001, frame(99))],
    ['empty pieces of a body without end', times(1_001, dataFrame(3, ''))],
  ])('ends the connection: %s', async (_what, wrong) => {
    const { waiting, begun, aborted, over } = await busy();
    cluster.say(...wrong, ...answer(1, 'late'));
    expect(begun.told()).toStrictEqual(['200', 'x', 'not_http']);
    expect([aborted.events, over.events]).toStrictEqual([['200'], ['200', 'y', 'end']]);
    expect(cluster.faults).toMatchObject([{ kind: 'not_http' }]);
    expect([cluster.carried, cluster.connection.maxStreams]).toStrictEqual([0, 0]);
    // Its head may have come before what was wrong.
    expect(waiting.events.length === 0 ? cluster.again : [waiting.call]).toStrictEqual([
      waiting.call,
    ]);
    expect(waiting.events.at(-1)).toBe(waiting.events.length === 0 ? undefined : 'not_http');
    expect(cluster.connection.start(callOf().call, BLOCK)).toBe(false);
    await settle();
    expect(cluster.theirs.readableEnded || cluster.theirs.destroyed).toBe(true);
  });

  it.each([
    ['a head', headOf(1)],
    ['a ping', pingFrame()],
    ['an acknowledgement', frame(frameType.settings, { flags: ACK })],
    ['its end', goAway(0)],
    ['an answer in HTTP/1.1', bytesOf('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('is to begin with anything but settings: %s', (_what, wrong) => {
    cluster.say(wrong);
    expect(cluster.owner).toStrictEqual(['gone']);
    expect(cluster.faults).toMatchObject([{ kind: 'not_http' }]);
  });

  it('is to send pings without end between pieces of a body', async () => {
    const { begun } = await busy();
    cluster.say(...times(500, pingFrame()), dataFrame(3, 'x'), ...times(501, pingFrame()));
    expect(begun.events.at(-1)).toBe('not_http');
  });

  it('is to have pings answered, and to read none of the answers', async () => {
    const { begun } = await busy();
    cluster.theirs.pause();
    for (let second = 0; second < 100 && cluster.faults.length === 0; second += 1) {
      cluster.say(dataFrame(3, 'x'), ...times(900, pingFrame()));
      await settle();
      cluster.pass(1, Infinity);
    }
    expect(begun.events.at(-1)).toBe('not_http');
  });
});

describe('what a server may do', () => {
  it.each<readonly [string, readonly Buffer[]]>([
    ['frames that nobody knows', [frame(99, { stream: 8, flags: 255, payload: bytesOf('abc') })]],
    ['settings that nobody knows', [settingOf(99, 5)]],
    ['wide windows', [frame(frameType.windowUpdate, { stream: 1, payload: wordOf(0x7fff_ffff) })]],
    ['priorities', [frame(frameType.priority, { stream: 1, payload: Buffer.alloc(5) })]],
    ['more settings, later', [settingOf(3, 100), frame(frameType.settings, { flags: ACK })]],
    ['a thousand pings', times(990, pingFrame())],
    [
      'a head with a priority',
      [
        frame(frameType.headers, {
          stream: 1,
          flags: 0x20 | END_HEADERS,
          payload: Buffer.concat([Buffer.alloc(5), headerBlock([[':status', '103']])]),
        }),
      ],
    ],
    [
      'a bit that says nothing',
      [frame(frameType.ping, { stream: 0x8000_0000, payload: Buffer.alloc(8) })],
    ],
  ])('changes nothing: %s', (_what, said) => {
    ready();
    const { events } = cluster.send();
    cluster.say(...said, ...answer(1, 'x'));
    expect(events).toStrictEqual(['200', 'x', 'end']);
    expect(cluster.faults).toStrictEqual([]);
  });

  it('is to allow fewer calls later, and none at all', () => {
    cluster.say(settingOf(3, 2));
    const first = cluster.send();
    cluster.say(settingOf(3, 1));
    expect([cluster.connection.maxStreams, cluster.owner]).toStrictEqual([1, ['ready']]);
    cluster.say(settingOf(3, 0));
    expect(cluster.connection.maxStreams).toBe(0);
    cluster.say(...answer(1, 'x'));
    expect(first.events).toStrictEqual(['200', 'x', 'end']);
  });

  it('is to end more than a thousand answers with an empty piece', () => {
    ready();
    for (let call = 0; call < 1_100; call += 1) {
      const { events } = cluster.send({ method: 'HEAD' });
      cluster.say(headOf(2 * call + 1), dataFrame(2 * call + 1, '', END_STREAM));
      expect(events).toStrictEqual(['200', 'end']);
    }
  });
});

describe('a stream that is reset', () => {
  it.each(Array.from({ length: 15 }, (_, code) => code))('with %i', (code) => {
    ready();
    const [before, begun, other] = [cluster.send(), cluster.send(), cluster.send()];
    cluster.say(headOf(3), dataFrame(3, 'x'), resetFrame(1, code), resetFrame(3, code));
    cluster.say(...answer(5, 'y'));
    const again = code === REFUSED_STREAM ? [before.call] : [];
    expect(cluster.again).toStrictEqual(again);
    expect(before.events).toStrictEqual(code === REFUSED_STREAM ? [] : ['broken']);
    expect(begun.told()).toStrictEqual(['200', 'x', 'broken']);
    expect(other.events).toStrictEqual(['200', 'y', 'end']);
    expect(cluster.carried).toBe(0);
  });

  it('is sent again only what changes nothing, and once', () => {
    ready();
    const [write, twice] = [cluster.send({ readOnly: false }), cluster.send()];
    twice.call.retry(true);
    cluster.say(resetFrame(1, REFUSED_STREAM), resetFrame(3, REFUSED_STREAM));
    expect([write.events, twice.events, cluster.again]).toStrictEqual([['busy'], ['busy'], []]);
  });
});

describe('a server that goes away', () => {
  it('ends what it looked at, and has the rest sent again, once', async () => {
    ready();
    const calls = [cluster.send(), cluster.send(), cluster.send()];
    cluster.say(goAway(3), goAway(3));
    expect(cluster.again).toStrictEqual([calls[2]?.call]);
    expect([cluster.connection.maxStreams, cluster.carried]).toStrictEqual([0, 2]);
    cluster.say(...answer(3, 'b'), ...answer(1, 'a'));
    await settle();
    expect(calls.map(({ events }) => events)).toStrictEqual([
      ['200', 'a', 'end'],
      ['200', 'b', 'end'],
      [],
    ]);
    expect([cluster.faults, cluster.carried]).toStrictEqual([[undefined], 0]);
    expect(cluster.theirs.readableEnded || cluster.theirs.destroyed).toBe(true);
  });

  it('may say first that it will, and then what it looked at', () => {
    ready();
    const [first, second] = [cluster.send(), cluster.send()];
    cluster.say(goAway(0x7fff_ffff));
    expect(cluster.again).toStrictEqual([]);
    cluster.say(goAway(1));
    expect(cluster.again).toStrictEqual([second.call]);
    cluster.say(...answer(1, 'x'));
    expect(first.events).toStrictEqual(['200', 'x', 'end']);
  });

  it('has no call sent again of which an answer has begun', () => {
    ready();
    const { events } = cluster.send();
    cluster.say(headOf(1), goAway(0));
    expect(cluster.again).toStrictEqual([]);
    expect(events).toStrictEqual(['200', 'broken']);
  });

  it('is gone at once when there is nothing to wait for', () => {
    ready();
    cluster.say(goAway(0));
    expect(cluster.faults).toStrictEqual([undefined]);
  });

  it.each(['end', 'destroy'] as const)('without a word: %s', async (how) => {
    const { waiting, begun, aborted, over } = await busy();
    const write = cluster.send({ readOnly: false });
    cluster.theirs[how]();
    await settle();
    expect(cluster.again).toStrictEqual([waiting.call]);
    const events = [begun, aborted, over, write].map(({ told }) => told());
    const [broken, left] = [['200', 'x', 'broken'], ['200']];
    expect(events).toStrictEqual([broken, left, ['200', 'y', 'end'], ['broken']]);
    expect([cluster.faults, cluster.carried]).toStrictEqual([[undefined], 0]);
  });

  it('in the middle of a frame', async () => {
    const { waiting, begun } = await busy();
    cluster.say(headOf(1).subarray(0, 12));
    cluster.theirs.end();
    await settle();
    expect([cluster.again, begun.events.at(-1)]).toStrictEqual([[waiting.call], 'broken']);
  });
});

describe('a reader who is slow', () => {
  it('gets no more than the window, and the window again when he goes on', async () => {
    ready();
    const { call, events, told } = cluster.send({ onHead: (one) => one.pause() });
    cluster.say(headOf(1), ...aWindow(1));
    await settle();
    expect([events, cluster.widened]).toStrictEqual([['200'], []]);
    call.resume();
    await settle();
    expect(told()[1]).toHaveLength(STREAM_WINDOW);
    expect(cluster.widened).toStrictEqual([[1, STREAM_WINDOW]]);
    cluster.say(...aWindow(1), dataFrame(1, 'x', END_STREAM));
    expect([told()[1]?.length, told().at(-1)]).toStrictEqual([2 * STREAM_WINDOW + 1, 'end']);
  });

  it('who stops again at each piece gets no wider window', async () => {
    ready();
    const { call, told } = cluster.send({
      onHead: (one) => one.pause(),
      onData: (one) => one.pause(),
    });
    cluster.say(headOf(1), ...aWindow(1));
    call.resume();
    await settle();
    expect(told()[1]?.length).toBeLessThan(STREAM_WINDOW);
    expect(cluster.widened).toStrictEqual([]);
    while ((told()[1]?.length ?? 0) < STREAM_WINDOW) call.resume();
    call.resume();
    await settle();
    expect(cluster.widened).toStrictEqual([[1, STREAM_WINDOW]]);
  });

  it('keeps nobody else waiting', async () => {
    ready();
    const [, quick] = [cluster.send({ onHead: (call) => call.pause() }), cluster.send()];
    cluster.say(headOf(1), ...aWindow(1), headOf(3), ...aWindow(3));
    await settle();
    expect(cluster.widened.map(([stream]) => stream)).toStrictEqual([3, 3]);
    cluster.say(dataFrame(3, '', END_STREAM));
    expect(quick.told().at(-1)).toBe('end');
  });

  it('of what is complete holds no place for ever', () => {
    ready();
    const { call, told } = cluster.send({ onHead: (one) => one.pause() });
    cluster.say(headOf(1, [['content-length', '1']]), dataFrame(1, 'x'));
    expect(told()).toStrictEqual(['200', 'x', 'end']);
    call.resume();
    for (let minute = 0; minute < 2; minute += 1) {
      cluster.pass(9);
      cluster.say(pingFrame(ACK));
      cluster.pass(9);
      cluster.say(pingFrame(ACK));
      cluster.pass(9, 20);
    }
    expect([cluster.carried, cluster.connection.streams]).toStrictEqual([0, 0]);
  });
});

describe('a call that is aborted', () => {
  it('is cancelled, and what still comes of it is nothing', async () => {
    ready();
    const [gone, other] = [cluster.send(), cluster.send()];
    cluster.say(headOf(1), dataFrame(1, 'a'));
    gone.call.abort();
    cluster.say(dataFrame(1, 'b'), ...answer(3, 'x'));
    cluster.say(headersFrame(1, [['a', 'b']]));
    await settle();
    expect([gone.told(), other.told()]).toStrictEqual([
      ['200', 'a'],
      ['200', 'x', 'end'],
    ]);
    expect([cluster.resets, cluster.carried, cluster.faults]).toStrictEqual([[[1, CANCEL]], 0, []]);
  });

  it('has its headers read all the same, as others are said in their terms', () => {
    ready();
    const [gone, other] = [cluster.send(), cluster.send()];
    gone.call.abort();
    // `:status: 207`, kept; and then as the newest in the table.
    const kept = bytesOf('\x48\x03207');
    cluster.say(frame(frameType.headers, { stream: 1, flags: WHOLE, payload: kept }));
    const indexed = bytesOf('\xbe');
    cluster.say(frame(frameType.headers, { stream: 3, flags: WHOLE, payload: indexed }));
    expect([gone.events, other.events]).toStrictEqual([[], ['207', 'end']]);
  });

  it('with its last piece is not kept in mind', () => {
    ready();
    for (let call = 0; call < 1_001; call += 1) {
      cluster.send({ onData: (one) => one.abort() });
      cluster.say(...answer(2 * call + 1, 'x'));
    }
    expect([cluster.connection.maxStreams, cluster.carried]).toStrictEqual([256, 0]);
    cluster.say(dataFrame(1, ''));
    expect(cluster.faults).toMatchObject([{ kind: 'not_http' }]);
  });

  it.each(['aborted', 'late', 'wrong'])(
    'that is %s is reset before another has its place',
    async (how) => {
      cluster.say(settingOf(3, 1));
      const first = cluster.send();
      cluster.onLeft = () => cluster.connection.start(callOf().call, BLOCK);
      if (how === 'aborted') first.call.abort();
      else if (how === 'late') cluster.pass(5, 5);
      else cluster.say(head([':status', '101']));
      cluster.onLeft = () => undefined;
      await settle();
      const said = cluster.written.slice(-2).map(({ type, stream }) => [type, stream]);
      expect(said).toStrictEqual([
        [frameType.reset, 1],
        [frameType.headers, 3],
      ]);
    },
  );

  it('while what was kept for him comes has no window any more', async () => {
    ready();
    const { call, events } = cluster.send({
      onHead: (one) => one.pause(),
      onData: (one) => one.abort(),
    });
    cluster.say(headOf(1), ...aWindow(1));
    call.resume();
    await settle();
    expect(events).toHaveLength(2);
    expect([cluster.resets, cluster.widened]).toStrictEqual([[[1, CANCEL]], []]);
  });

  it('a thousand times makes room for another connection', async () => {
    ready();
    for (let call = 0; call < 1_001; call += 1) cluster.send().call.abort();
    expect(cluster.connection.maxStreams).toBe(0);
    await settle();
    expect(cluster.faults).toStrictEqual([undefined]);
  });

  it.each(['onHead', 'onData'] as const)('from within, in %s', async (when) => {
    ready();
    const sent = cluster.send({ [when]: (call: Sent['call']) => call.abort() });
    const other = cluster.send();
    cluster.say(headOf(1), ...aWindow(1), ...answer(3, 'x'));
    await settle();
    expect(sent.events).toHaveLength(when === 'onHead' ? 1 : 2);
    expect([cluster.resets, cluster.widened, cluster.carried]).toStrictEqual([
      [[1, CANCEL]],
      [],
      0,
    ]);
    expect(other.events).toStrictEqual(['200', 'x', 'end']);
  });
});

describe('time', () => {
  /** The other side says that it is there. */
  const sign = () => cluster.say(pingFrame(ACK));

  it('that an answer takes ends its call alone', async () => {
    ready();
    const [late, silent, slow] = [cluster.send(), cluster.send(), cluster.send()];
    cluster.say(headOf(3), headOf(5));
    slow.call.pause();
    for (let half = 0; half < 12; half += 1) {
      cluster.pass(5);
      sign();
    }
    expect([late, silent, slow].map(({ events }) => events)).toStrictEqual([
      ['timeout'],
      ['200', 'timeout'],
      ['200'],
    ]);
    const said = cluster.owner.filter((each) => each === 'timed out');
    expect([said, cluster.carried, cluster.faults]).toStrictEqual([['timed out'], 1, []]);
    await settle();
    expect(cluster.resets).toStrictEqual([
      [1, CANCEL],
      [3, CANCEL],
    ]);
  });

  it('without a byte has the other side asked, and then given up', async () => {
    ready();
    const [waiting, begun] = [cluster.send(), cluster.send()];
    cluster.say(headOf(3));
    cluster.pass(10);
    await settle();
    expect(cluster.writtenOf(frameType.ping)).toHaveLength(1);
    cluster.pass(9);
    expect(cluster.faults).toStrictEqual([]);
    cluster.pass(1);
    expect([cluster.again, begun.events]).toStrictEqual([[waiting.call], ['200', 'timeout']]);
    expect(cluster.faults).toMatchObject([{ kind: 'timeout' }]);
    expect([cluster.owner, cluster.carried]).toStrictEqual([
      ['ready', 'answered', 'timed out', 'gone'],
      0,
    ]);
  });

  it('without a byte ends nothing while nobody waits', () => {
    ready();
    cluster.pass(100);
    const { events } = cluster.send();
    cluster.pass(19);
    cluster.say(...answer(1, 'x'));
    expect([events, cluster.faults]).toStrictEqual([['200', 'x', 'end'], []]);
  });

  it('without a byte has it given up though no call waits as long', () => {
    ready();
    for (let second = 0; second < 40 && cluster.faults.length === 0; second += 5) {
      const { call } = cluster.send();
      cluster.pass(5);
      call.abort();
    }
    expect(cluster.faults).toMatchObject([{ kind: 'timeout' }]);
  });

  it('is none behind calls that were aborted, when the other side says that it is there', async () => {
    ready();
    cluster.send().call.abort();
    cluster.pass(10);
    await settle();
    expect(cluster.writtenOf(frameType.ping)).toHaveLength(1);
    sign();
    cluster.pass(100);
    const { events } = cluster.send();
    cluster.pass(19);
    cluster.say(...answer(3, 'x'));
    expect([events, cluster.faults]).toStrictEqual([['200', 'x', 'end'], []]);
  });

  it('without settings ends a connection that is none', () => {
    cluster.pass(9);
    expect(cluster.owner).toStrictEqual([]);
    cluster.pass(1);
    expect(cluster.owner).toStrictEqual(['gone']);
  });
});

describe('a connection that is not used any more', () => {
  it('lets its calls end', async () => {
    ready();
    const { events } = cluster.send();
    cluster.connection.retire();
    expect(cluster.connection.start(callOf().call, BLOCK)).toBe(false);
    cluster.say(...answer(1, 'x'));
    await settle();
    expect([events, cluster.faults]).toStrictEqual([['200', 'x', 'end'], [undefined]]);
  });

  it('ends at once without any', () => {
    ready();
    cluster.connection.retire();
    expect(cluster.owner).toStrictEqual(['ready', 'gone']);
  });

  it('that is destroyed fails all of them, once, and sends none again', async () => {
    const { waiting, begun, aborted, over } = await busy();
    for (let time = 0; time < 2; time += 1) cluster.connection.destroy(new Error('closed'));
    cluster.say(...answer(1, 'x'));
    cluster.pass(100);
    await settle();
    expect([waiting, begun, aborted, over].map(({ events }) => events)).toStrictEqual([
      ['closed'],
      ['200', 'x', 'closed'],
      ['200'],
      ['200', 'y', 'end'],
    ]);
    expect([cluster.again, cluster.faults, cluster.carried]).toStrictEqual([[], [undefined], 0]);
  });
});
