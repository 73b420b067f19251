import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Observed } from '../../../test/channels/observed.js';
import {
  controlFrame,
  ping,
  plainHeaders,
  reset,
  SpdyPeer,
  words,
} from '../../../test/channels/spdy-peer.js';
import { BrokenFrames } from '../broken-frames.js';
import { controlTypes, spdyDataFrame, spdyGoAway } from './spdy-frames.js';
import { SpdyCodec } from './spdy-codec.js';

const quiet = () => true;

function codec(kind: 'remoteCommand' | 'portForward' = 'remoteCommand', noise = quiet) {
  const observer = new Observed();
  const options = {
    observer,
    noise: { client: noise, cluster: noise },
    protocol: 'v4.channel.k8s.io',
  };
  return { observer, ...readers(new SpdyCodec(kind, options)) };
}

function readers(spdy: SpdyCodec) {
  const passed = { client: [] as Buffer[], cluster: [] as Buffer[] };
  return {
    spdy,
    fromClient: (bytes: Buffer) =>
      spdy.fromClient.push(bytes, (good) => passed.client.push(Buffer.from(good))),
    fromCluster: (bytes: Buffer) =>
      spdy.fromCluster.push(bytes, (good) => passed.cluster.push(Buffer.from(good))),
    passed: (side: 'client' | 'cluster') => Buffer.concat(passed[side]),
  };
}

const data = (streamId: number, text: string, fin = false) =>
  spdyDataFrame({ streamId, payload: Buffer.from(text), fin });

describe('a SPDY connection of exec', () => {
  let opening: Buffer;
  let replies: Buffer;
  beforeAll(async () => {
    const client = new SpdyPeer();
    const cluster = new SpdyPeer();
    opening = Buffer.concat([
      await client.open(1, { streamtype: 'error' }, 1),
      await client.open(3, { streamtype: 'stdin' }),
      await client.open(5, { streamtype: 'stdout' }, 1),
      await client.open(7, { streamtype: 'resize' }),
    ]);
    const each = [1, 3, 5, 7].map((id) => cluster.reply(id));
    replies = Buffer.concat(await Promise.all(each));
  });

  const clientBytes = () =>
    Buffer.concat([
      opening,
      data(7, '{"Width":80,"Height":24}'),
      ping(1),
      data(3, 'ls\n'),
      controlFrame({ type: controlTypes.settings, payload: words(1, 4, 100) }),
      controlFrame({ type: controlTypes.windowUpdate, payload: words(3, 65_536) }),
      data(3, ''),
      data(3, 'exit\n', true),
      spdyGoAway(0, 0),
    ]);
  const clusterBytes = () =>
    Buffer.concat([
      replies,
      data(5, 'hello '),
      ping(1),
      data(5, 'world', true),
      data(1, '{"status":"Success"}', true),
    ]);

  it('is read and passed on alike, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const { observer, fromClient, fromCluster, passed, spdy } = codec();
        feed(clientBytes(), sizes, fromClient);
        feed(clusterBytes(), sizes, fromCluster);
        expect(passed('client')).toStrictEqual(clientBytes());
        expect(passed('cluster')).toStrictEqual(clusterBytes());
        expect(observer.texts).toStrictEqual({
          '7 resize client': '{"Width":80,"Height":24}',
          '3 stdin client': 'ls\nexit\n',
          '5 stdout cluster': 'hello world',
          '1 error cluster': '{"status":"Success"}',
        });
        expect(observer.told).toStrictEqual([
          'opened 1 error',
          'closed 1 error client',
          'opened 3 stdin',
          'opened 5 stdout',
          'closed 5 stdout client',
          'opened 7 resize',
          'closed 3 stdin client',
          'closed 5 stdout cluster',
          'closed 1 error cluster',
        ]);
        expect(spdy.fromClient.closed).toBe(true);
        expect(spdy.fromCluster.atBoundary).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('is not copied when frames are whole', () => {
    const { spdy } = codec();
    const bytes = clientBytes();
    const got: Buffer[] = [];
    spdy.fromClient.push(bytes, (good) => got.push(good));
    expect(got[0]?.buffer).toBe(bytes.buffer);
  });

  it('tells the reason on the error stream and ends all others', () => {
    const { spdy, fromClient, fromCluster } = codec();
    fromClient(opening);
    fromCluster(replies);
    const status = { message: 'drawbridge grant_revoked: m' } as never;
    const words_ = spdy.sayWhy({ status, kind: 'refused' });
    const client = codec();
    client.fromClient(opening);
    client.fromCluster(Buffer.concat([replies, words_, spdy.goodbye({ status, kind: 'refused' })]));
    expect(client.observer.texts).toStrictEqual({
      '1 error cluster': '{"message":"drawbridge grant_revoked: m"}',
    });
    expect(client.observer.told.slice(-4)).toStrictEqual([
      'closed 1 error cluster',
      'closed 3 stdin cluster',
      'closed 5 stdout cluster',
      'closed 7 resize cluster',
    ]);
  });

  it('passes on no more than the frame under way when it is to stop', () => {
    const { spdy, fromClient, fromCluster, passed } = codec();
    fromClient(opening);
    const frame = data(5, 'x'.repeat(1_000));
    fromCluster(Buffer.concat([replies, frame.subarray(0, 500)]));
    expect(spdy.fromCluster.atBoundary).toBe(false);
    spdy.fromCluster.stopAtBoundary();
    fromCluster(Buffer.concat([frame.subarray(500), data(5, 'secret')]));
    expect(passed('cluster').toString('latin1').endsWith('xxx')).toBe(true);
    expect(spdy.fromCluster.atBoundary).toBe(true);
  });

  it('T12 tells data that comes behind the end of its stream', () => {
    const { observer, fromClient, fromCluster } = codec();
    fromClient(opening);
    fromCluster(Buffer.concat([replies, data(5, 'a')]));
    fromClient(reset(5));
    fromCluster(data(5, 'late'));
    expect(observer.texts['5 stdout cluster']).toBe('alate');
    expect(observer.told.at(-1)).toBe('reset 5 stdout client');
  });

  describe('T12 ends with', () => {
    const broken: readonly [string, (peer: SpdyPeer) => Promise<Buffer> | Buffer][] = [
      ['data for a stream that was not opened', () => data(9, 'x')],
      ['resize before its stream is open', () => data(11, '{"Width":1,"Height":1}')],
      ['a second stream of one type', (peer) => peer.open(9, { streamtype: 'stdin' })],
      ['a stream of an unknown type', (peer) => peer.open(9, { streamtype: 'stderr2' })],
      ['a stream of another protocol', (peer) => peer.open(9, { streamtype: 'data', port: '1' })],
      ['a stream without a type', (peer) => peer.open(9, {})],
      ['a stream id that is even', (peer) => peer.open(8, { streamtype: 'stderr' })],
      ['a stream id that was there', (peer) => peer.open(7, { streamtype: 'stderr' })],
      [
        'a stream that belongs to another',
        async (peer) => {
          const frame = await peer.open(9, { streamtype: 'stderr' });
          frame.writeUInt32BE(1, 12);
          return frame;
        },
      ],
      ['a one-way stream', (peer) => peer.open(9, { streamtype: 'stderr' }, 2)],
      ['a reply by the client', (peer) => peer.reply(3)],
      [
        'a header behind the opening',
        () => controlFrame({ type: controlTypes.headers, payload: words(3) }),
      ],
      ['an unknown control frame', () => controlFrame({ type: 77, payload: words(3) })],
      [
        'another version',
        () => controlFrame({ type: controlTypes.ping, payload: words(1), version: 2 }),
      ],
      [
        'a ping of eight bytes',
        () => controlFrame({ type: controlTypes.ping, payload: words(1, 1) }),
      ],
      [
        'a reset of four bytes',
        () => controlFrame({ type: controlTypes.rstStream, payload: words(3) }),
      ],
      ['a reset of a stream to come', () => reset(99)],
      [
        'settings of another length',
        () => controlFrame({ type: controlTypes.settings, payload: words(2, 1, 1) }),
      ],
      [
        'a control frame that is too long',
        () => controlFrame({ type: controlTypes.settings, payload: Buffer.alloc(20_000) }),
      ],
      [
        'data with unknown flags',
        () => {
          const frame = data(3, 'x');
          frame[4] = 2;
          return frame;
        },
      ],
      ['data for stream 0', () => data(0, 'x')],
      [
        'a header block that is not compressed',
        () => {
          const block = plainHeaders([['streamtype', 'stderr']]);
          const payload = Buffer.concat([words(9, 0), Buffer.of(0, 0), block]);
          return controlFrame({ type: controlTypes.synStream, payload });
        },
      ],
    ];
    it.each(broken)('%s', async (_, make) => {
      const peer = new SpdyPeer();
      const { fromClient, passed } = codec();
      const start = Buffer.concat([
        await peer.open(1, { streamtype: 'error' }, 1),
        await peer.open(3, { streamtype: 'stdin' }),
        await peer.open(7, { streamtype: 'resize' }),
      ]);
      fromClient(start);
      const bad = await make(peer);
      expect(() => fromClient(Buffer.concat([data(3, 'good'), bad]))).toThrow(BrokenFrames);
      expect(passed('client')).toStrictEqual(start);
    });

    it.each<[string, [string, string][]]>([
      [
        'a header twice',
        [
          ['streamtype', 'error'],
          ['streamtype', 'stdin'],
        ],
      ],
      ['a header in upper case', [['Streamtype', 'error']]],
      [
        'an empty header name',
        [
          ['', 'error'],
          ['streamtype', 'error'],
        ],
      ],
    ])('%s', async (_, headers) => {
      const peer = new SpdyPeer();
      const block = await peer.compress(plainHeaders(headers));
      const payload = Buffer.concat([words(1, 0), Buffer.of(0, 0), block]);
      const { fromClient } = codec();
      expect(() => fromClient(controlFrame({ type: controlTypes.synStream, payload }))).toThrow(
        BrokenFrames,
      );
    });

    it('more behind the headers of a block', async () => {
      const peer = new SpdyPeer();
      const plain = Buffer.concat([plainHeaders([['streamtype', 'error']]), Buffer.of(0)]);
      const payload = Buffer.concat([words(1, 0), Buffer.of(0, 0), await peer.compress(plain)]);
      const { fromClient } = codec();
      expect(() => fromClient(controlFrame({ type: controlTypes.synStream, payload }))).toThrow(
        BrokenFrames,
      );
    });

    it('a stream that the cluster opens, and replies to none or twice', async () => {
      const peer = new SpdyPeer();
      const { fromCluster, fromClient } = codec();
      fromClient(opening);
      const opened = await peer.open(2, { streamtype: 'stdout' });
      expect(() => fromCluster(opened)).toThrow(BrokenFrames);
      const again = codec();
      again.fromClient(opening);
      const reply = controlFrame({ type: controlTypes.synReply, payload: words(3) });
      again.fromCluster(reply);
      expect(() => again.fromCluster(reply)).toThrow(BrokenFrames);
      expect(() => codec().fromCluster(reply)).toThrow(BrokenFrames);
    });

    it('a stream behind the goodbye of the client', async () => {
      const peer = new SpdyPeer();
      const { fromClient } = codec();
      fromClient(spdyGoAway(0, 0));
      const late = await peer.open(1, { streamtype: 'error' });
      expect(() => fromClient(late)).toThrow(BrokenFrames);
    });

    it('a flood of pings or of empty frames', () => {
      let left = 100;
      const { fromClient } = codec('remoteCommand', () => (left -= 1) >= 0);
      fromClient(opening);
      fromClient(Buffer.concat(Array.from({ length: 100 }, (_, index) => ping(index * 2 + 1))));
      expect(() => fromClient(ping(1))).toThrow('too many control frames');
      expect(() => fromClient(data(3, ''))).toThrow('too many empty frames');
    });
  });

  it('T12 survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { fromClient, fromCluster } = codec();
        for (const push of [fromClient, fromCluster]) {
          try {
            push(Buffer.from(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(BrokenFrames);
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('T12 survives any bytes in place of one of a good connection', () => {
    const good = clientBytes();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const { fromClient } = codec();
        try {
          fromClient(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenFrames);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a SPDY connection of port-forward', () => {
  const pair = async (peer: SpdyPeer, id: number, port: string) =>
    Buffer.concat([
      await peer.open(id, { streamtype: 'error', port, requestid: String(id) }, 1),
      await peer.open(id + 2, { streamtype: 'data', port, requestid: String(id) }),
    ]);

  it('tells the port of each stream', async () => {
    const peer = new SpdyPeer();
    const { observer, fromClient, fromCluster } = codec('portForward');
    fromClient(Buffer.concat([await pair(peer, 1, '80'), await pair(peer, 5, '8443')]));
    fromCluster(Buffer.concat([await peer.reply(1), await peer.reply(3), data(3, 'HTTP')]));
    expect(observer.told.filter((line) => line.startsWith('opened'))).toStrictEqual([
      'opened 1 error 80',
      'opened 3 data 80',
      'opened 5 error 8443',
      'opened 7 data 8443',
    ]);
  });

  it.each(['', '0', '65536', '08', '80 ', '-1', '8e1'])('T12 refuses port "%s"', async (port) => {
    const frame = await new SpdyPeer().open(1, { streamtype: 'data', port, requestid: '0' });
    expect(() => codec('portForward').fromClient(frame)).toThrow(BrokenFrames);
  });

  it('T12 refuses a second data stream of one request', async () => {
    const peer = new SpdyPeer();
    const { fromClient } = codec('portForward');
    fromClient(await pair(peer, 1, '80'));
    const again = await peer.open(5, { streamtype: 'data', port: '80', requestid: '1' });
    expect(() => fromClient(again)).toThrow('a second stream');
  });

  it('T24 refuses more streams than a connection may have, and remembers few', async () => {
    const peer = new SpdyPeer();
    const { fromClient } = codec('portForward');
    const open = async (id: number) =>
      peer.open(id, { streamtype: 'data', port: '80', requestid: String(id) });
    for (let id = 1; id < 2_000; id += 2) {
      fromClient(await open(id));
      fromClient(reset(id));
    }
    expect(() => fromClient(data(1, 'x'))).toThrow('not open');
    for (let count = 0; count < 2_048; count += 1) fromClient(await open(2_001 + count * 2));
    const more = await open(9_001);
    expect(() => fromClient(more)).toThrow('too many open streams');
  });
});

function feed(bytes: Buffer, sizes: readonly number[], push: (piece: Buffer) => void): void {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    push(bytes.subarray(at, at + size));
    at += size;
  }
}
