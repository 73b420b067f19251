import fc from 'fast-check';
import { connect, createServer, type OutgoingHttpHeaders } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UpstreamFault } from '../upstream-fault.js';
import {
  HpackEncoder,
  integer,
  text,
  type FieldChoice,
} from '../../../test/upstream/hpack-encoder.js';
import { HpackDecoder } from './hpack-decoder.js';
import { staticNames, staticValues } from './static-table.js';

type Limits = ConstructorParameters<typeof HpackDecoder>[0];
type Bytes = Uint8Array | readonly number[] | string;

/** Bytes, and text as latin1, one behind the other. */
const join = (...parts: readonly Bytes[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
    ),
  );
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const read = (decoder: HpackDecoder, bytes: Uint8Array) => decoder.decode(bytes, 0, bytes.length);
const decode = (bytes: Uint8Array, limits?: Limits) => read(new HpackDecoder(limits), bytes);

/** What the dynamic table has after these blocks, the newest first. */
function tableAfter(blocks: readonly Uint8Array[], limits?: Limits): string[] {
  const decoder = new HpackDecoder(limits);
  for (const block of blocks) read(decoder, block);
  const entries: string[] = [];
  for (let index = 62; ; index += 1) {
    try {
      entries.push(read(decoder, integer(index, 7, 0x80)).join(': '));
    } catch {
      return entries;
    }
  }
}

const literal = (name: string, value: string) => join([0], text(name), text(value));
const kept = (name: string, value: string) => join([0x40], text(name), text(value));
const indexed = (index: number) => integer(index, 7, 0x80);
const size = (bytes: number) => integer(bytes, 5, 0x20);

describe("the RFC's examples", () => {
  it.each([
    [
      'C.2.1',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
      1,
    ],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path', 0],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret', 0],
    ['C.2.4', '82', ':method: GET', 0],
  ])('%s', (...[, digits, field, entries]) => {
    expect(decode(hex(digits)).join(': ')).toBe(field);
    expect(tableAfter([hex(digits)])).toStrictEqual(entries === 1 ? [field] : []);
  });

  const host = [':authority', 'www.example.com'];
  const request = [':method', 'GET', ':scheme', 'http', ':path', '/', ...host];
  const requests = [
    request,
    [...request, 'cache-control', 'no-cache'],
    [
      ':method',
      'GET',
      ':scheme',
      'https',
      ':path',
      '/index.html',
      ...host,
      'custom-key',
      'custom-value',
    ],
  ];
  const hostEntry = ':authority: www.example.com';
  const requestTables = [
    [hostEntry],
    ['cache-control: no-cache', hostEntry],
    ['custom-key: custom-value', 'cache-control: no-cache', hostEntry],
  ];

  const date = 'Mon, 21 Oct 2013 20:13:21 GMT';
  const later = 'Mon, 21 Oct 2013 20:13:22 GMT';
  const location = 'https://www.example.com';
  const cookie = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
  const rest = ['cache-control', 'private', 'date', date, 'location', location];
  const responses = [
    [':status', '302', ...rest],
    [':status', '307', ...rest],
    [
      ...[':status', '200', 'cache-control', 'private', 'date', later, 'location', location],
      ...['content-encoding', 'gzip', 'set-cookie', cookie],
    ],
  ];
  const restEntries = [`location: ${location}`, `date: ${date}`, 'cache-control: private'];
  const responseTables = [
    [...restEntries, ':status: 302'],
    [':status: 307', ...restEntries],
    [`set-cookie: ${cookie}`, 'content-encoding: gzip', `date: ${later}`],
  ];

  it.each([
    [
      'C.3: requests',
      undefined,
      requests,
      requestTables,
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'C.4: requests with Huffman',
      undefined,
      requests,
      requestTables,
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
    [
      'C.5: responses, with eviction',
      { maxTableBytes: 256 },
      responses,
      responseTables,
      [
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133' +
          '2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70' +
          '6c65 2e63 6f6d',
        '4803 3330 37c1 c0bf',
        '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d' +
          '54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049' +
          '5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e' +
          '3d31',
      ],
    ],
    [
      'C.6: responses with Huffman, with eviction',
      { maxTableBytes: 256 },
      responses,
      responseTables,
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6' +
          '2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab' +
          '77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f' +
          '9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ],
    ],
  ])('%s', (...[, limits, lists, tables, blocks]) => {
    const decoder = new HpackDecoder(limits);
    for (const [at, block] of blocks.entries()) {
      expect(read(decoder, hex(block))).toStrictEqual(lists[at]);
      expect(tableAfter(blocks.slice(0, at + 1).map(hex), limits)).toStrictEqual(tables[at]);
    }
  });
});

describe('a header block', () => {
  it('may be empty, and lies anywhere in its buffer', () => {
    expect(decode(Buffer.alloc(0))).toStrictEqual([]);
    const bytes = join([0xff, 0xff], literal('a', 'b'), [0xff]);
    expect(new HpackDecoder().decode(bytes, 2, bytes.length - 1)).toStrictEqual(['a', 'b']);
    const plain = new Uint8Array(bytes);
    expect(new HpackDecoder().decode(plain, 2, bytes.length - 1)).toStrictEqual(['a', 'b']);
  });

  it('has the static table', () => {
    for (let index = 1; index <= 61; index += 1) {
      expect(decode(indexed(index))).toStrictEqual([staticNames[index], staticValues[index]]);
    }
    // The only name that Node never sends: the others are compared with its own, below.
    expect(decode(indexed(57))).toStrictEqual(['transfer-encoding', '']);
  });

  it('may use the name of an entry that the new one pushes out', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 40 });
    read(decoder, kept('name', 'old'));
    expect(read(decoder, join([0x40 + 62], text('new')))).toStrictEqual(['name', 'new']);
    expect(read(decoder, indexed(62))).toStrictEqual(['name', 'new']);
    expect(() => read(decoder, indexed(63))).toThrow('no table');
  });

  it('empties the table with an entry that is larger', () => {
    const exact = kept('a', 'x'.repeat(67));
    expect(tableAfter([kept('b', ''), exact], { maxTableBytes: 100 })).toHaveLength(1);
    const larger = kept('a', 'x'.repeat(68));
    expect(decode(larger, { maxTableBytes: 100 })).toStrictEqual(['a', 'x'.repeat(68)]);
    expect(tableAfter([kept('b', ''), larger], { maxTableBytes: 100 })).toStrictEqual([]);
    expect(tableAfter([kept('a', '')], { maxTableBytes: 0 })).toStrictEqual([]);
  });

  it('keeps as many entries as there is room for, however many come', () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `n${at % 10}`);
    const table = tableAfter(names.map((name) => kept(name, '')));
    expect(table).toStrictEqual(
      names
        .slice(-120)
        .reverse()
        .map((name) => `${name}: `),
    );
  });

  it('may set the size of the table twice at its start', () => {
    const entries = [kept('a', ''), kept('b', ''), kept('c', '')];
    expect(tableAfter([...entries, size(66)])).toStrictEqual(['c: ', 'b: ']);
    expect(tableAfter([...entries, size(65)])).toStrictEqual(['c: ']);
    expect(tableAfter([...entries, join(size(0), size(4_096))])).toStrictEqual([]);
    const after = join(size(33), size(99), kept('d', ''), kept('e', ''), kept('f', ''));
    expect(tableAfter([...entries, after])).toStrictEqual(['f: ', 'e: ', 'd: ']);
  });

  it('counts its fields as the RFC does', () => {
    const limits = { maxListBytes: 100 };
    const list = join(literal('a', 'b'), literal('c', 'x'.repeat(33)));
    expect(decode(list, limits)).toHaveLength(4);
    expect(() => decode(join(literal('a', 'b'), literal('c', 'x'.repeat(34))), limits)).toThrow(
      'headers that are too long',
    );
    expect(decode(literal('a', 'x'.repeat(65_536 - 33)))).toHaveLength(2);
    expect(() => decode(literal('a', 'x'.repeat(65_536 - 32)))).toThrow('too long');
  });

  const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
  const ways = [false, true].flatMap((huffman) =>
    [0, 0x10, 0x40].map((first) => ({ huffman, first })),
  );

  it.each(ways)('takes what may be in a name or a value: %o', ({ huffman, first }) => {
    for (let code = 0; code < 256; code += 1) {
      const character = String.fromCharCode(code);
      const around = `a${character}b`;
      const name = () => decode(join([first], text(around, huffman), text('')));
      const value = () => decode(join([first], text('a'), text(around, huffman)));
      if (token.includes(character)) expect(name()).toStrictEqual([around, '']);
      else expect(name).toThrow('no lower-case token');
      const isControl = (code < 0x20 && code !== 9) || code === 0x7f;
      if (isControl) expect(value).toThrow('a control character');
      else expect(value()).toStrictEqual(['a', around]);
    }
  });
});

describe('what is refused', () => {
  const value = text('v');
  const cases: readonly (readonly [string, Uint8Array, string, Limits?])[] = [
    ['index 0', join([0x80]), 'no table'],
    ['an index behind the static table', indexed(62), 'no table'],
    ['an index behind the dynamic table', join(kept('a', 'b'), indexed(63)), 'no table'],
    ['a large index', indexed(2 ** 28), 'no table'],
    ['a name behind the tables, kept', join([0x40 + 62], value), 'no table'],
    ['a name behind the tables, plain', join(integer(62, 4), value), 'no table'],
    ['a name behind the tables, never', join(integer(62, 4, 0x10), value), 'no table'],
    ['an integer above 2^28', indexed(2 ** 28 + 1), 'number in headers'],
    [
      'an integer of five more bytes',
      join([0xff, 0x80, 0x80, 0x80, 0x80, 0x00]),
      'number in headers',
    ],
    ['an integer without an end', join([0xff], Buffer.alloc(9, 0xff)), 'number in headers'],
    ['a length above 2^28', join([0, 0x7f, 0xff, 0xff, 0xff, 0x7f]), 'number in headers'],
    ['a size above 2^28', join([0x3f, 0xff, 0xff, 0xff, 0x7f]), 'number in headers'],
    ['an integer that is cut off', join([0xff, 0x80]), 'end within'],
    ['an index that is cut off', join([0xff]), 'end within'],
    ['a literal without a name', join([0x40]), 'end within'],
    ['a literal without a value', join([0x41]), 'end within'],
    ['a name beyond the end', join([0, 2], 'a'), 'ends behind its block'],
    ['a value beyond the end', join([0, 1], 'a', [2], 'b'), 'ends behind its block'],
    ['a Huffman value beyond the end', join([0, 1], 'a', [0x82, 0x1f]), 'ends behind its block'],
    ['a string far beyond the end', join([0], integer(2 ** 28, 7)), 'ends behind its block'],
    ['EOS', join([0, 1], 'a', [0x84], [0xff, 0xff, 0xff, 0xff]), 'EOS'],
    ['padding that is too long', join([0, 1], 'a', [0x82, 0x1f, 0xff]), 'does not end'],
    ['padding of zeros', join([0, 1], 'a', [0x81, 0x18]), 'does not end'],
    ['a size behind a field', join([0x88], size(0)), 'a table size among headers'],
    ['a size between fields', join([0x88], size(0), [0x88]), 'a table size among headers'],
    ['a size above the limit', size(4_097), 'too large'],
    ['a size above a limit that was set', size(101), 'too large', { maxTableBytes: 100 }],
    ['a second size above the limit', join(size(0), size(4_097)), 'too large'],
    ['three sizes', join(size(0), size(1), size(2)), 'too many sizes'],
    ['an indexed list that is too long', Buffer.alloc(2_000, 0x88), 'too long'],
    [
      'a list that grows from few bytes',
      join(kept('a', 'x'.repeat(4_000)), Buffer.alloc(16, 0xbe)),
      'too long',
    ],
    ['an empty name', literal('', 'v'), 'without a name'],
    ['a pseudo-header without a name', literal(':', 'v'), 'without a name'],
    ['two colons', literal('::status', '200'), 'no lower-case token'],
    ['a colon behind the first', literal('a:', 'v'), 'no lower-case token'],
    ['a capital', literal('Content-type', 'v'), 'no lower-case token'],
    ['a capital in a pseudo-header', literal(':Status', '200'), 'no lower-case token'],
    ['CR LF in a value', literal('a', 'b\r\nc: d'), 'a control character'],
    ['NUL in a value', literal('a', 'b\0'), 'a control character'],
    ['a value for a known name with LF', join([0x48], text('200\n')), 'a control character'],
  ];

  it.each(cases.map(([name, ...rest]) => ({ name, rest })))('$name', ({ rest }) => {
    const [bytes, message, limits] = rest;
    const fault = faultOf(() => decode(bytes, limits));
    expect(fault).toMatchObject({ kind: 'not_http' });
    expect(fault?.message).toContain(message);
  });

  it('is the last that a connection says', () => {
    const decoder = new HpackDecoder();
    expect(() => read(decoder, join(kept('a', 'b'), [0x80]))).toThrow('no table');
    expect(() => read(decoder, join([0x88]))).toThrow('behind those that were wrong');
  });

  it('is a block that is cut off within a field', () => {
    const block = join(kept('name', 'value'), join([0x10], text('abc', true), text('def', true)));
    const whole = new Set([0, kept('name', 'value').length]);
    for (let end = 0; end < block.length; end += 1) {
      const cut = () => new HpackDecoder().decode(block, 0, end);
      if (whole.has(end)) expect(cut).not.toThrow();
      else expect(faultOf(cut)).toBeInstanceOf(UpstreamFault);
    }
  });
});

/** The fault; what else is thrown is an error of ours. */
function faultOf(call: () => unknown): UpstreamFault | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamFault) return error;
    throw error;
  }
}

const tokenCharacters = Array.from("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");
const valueCharacters = [
  '\t',
  ...Array.from({ length: 224 }, (_, at) => String.fromCharCode(32 + at)),
].filter((character) => character !== '\x7f');
const anyName = fc.oneof(
  fc.constantFrom(...staticNames.slice(1), 'audit-id', 'x-a', 'x-b'),
  fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 20 }),
);
const anyValue = fc.oneof(
  fc.constantFrom(...staticValues.slice(1), 'a', 'application/json'),
  fc
    .string({ unit: fc.constantFrom(...valueCharacters), maxLength: 200 })
    .map((value) => value.replace(/^[\t ]+|[\t ]+$/g, '')),
);
const anyChoice: fc.Arbitrary<FieldChoice> = fc.record({
  indexed: fc.boolean(),
  nameIndexed: fc.boolean(),
  literal: fc.constantFrom('kept', 'plain', 'never'),
  huffmanName: fc.boolean(),
  huffmanValue: fc.boolean(),
});
const anyBlock = fc.record({
  sizes: fc.array(fc.nat(600), { maxLength: 2 }),
  fields: fc.array(fc.tuple(anyName, anyValue, anyChoice), { maxLength: 12 }),
});

describe('any header blocks', () => {
  it('come out as they went in', () => {
    const blocks = fc.array(anyBlock, { maxLength: 12 });
    fc.assert(
      fc.property(blocks, fc.constantFrom(600, 4_096), (all, maxTableBytes) => {
        const encoder = new HpackEncoder(maxTableBytes);
        const decoder = new HpackDecoder({ maxTableBytes });
        for (const { sizes, fields } of all) {
          const block = join(
            ...sizes.map((bytes) => encoder.sizeUpdate(bytes)),
            ...fields.map(([name, value, choice]) => encoder.field(name, value, choice)),
          );
          const expected = fields.flatMap(([name, value]) => [name, value]);
          expect(read(decoder, block)).toStrictEqual(expected);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('are read or refused, whatever their bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder();
        for (const block of blocks) {
          let fields: readonly string[] = [];
          faultOf(() => (fields = read(decoder, block)));
          expect(fields.length % 2).toBe(0);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('are read or refused with any byte of theirs changed', () => {
    fc.assert(
      fc.property(anyBlock, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ fields }, at, flip) => {
        const encoder = new HpackEncoder();
        const block = join(
          ...fields.map(([name, value, choice]) => encoder.field(name, value, choice)),
        );
        const place = at % Math.max(1, block.length);
        block[place] = (block[place] ?? 0) ^ flip;
        const decoder = new HpackDecoder();
        faultOf(() => read(decoder, block));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the blocks of Node's HTTP/2", () => {
  it('are read alike', async () => {
    const { sent, seen } = await nodeBlocks(60);
    expect([sent.requests.length, sent.responses.length]).toStrictEqual([60, 60]);
    for (const side of ['requests', 'responses'] as const) {
      const decoder = new HpackDecoder();
      const lists = seen[side].map((block) => Object.fromEntries(pairs(read(decoder, block))));
      expect(lists).toStrictEqual(sent[side]);
    }
  });
});

const pairs = (fields: readonly string[]): [string, string][] =>
  Array.from({ length: fields.length / 2 }, (_, at) => [fields[at * 2]!, fields[at * 2 + 1]!]);

/** Written out: were they those of our table, Node would send a wrong one as a literal, which we read. */
const answerNames = `accept-charset accept-encoding accept-language accept-ranges accept
  access-control-allow-origin age allow authorization cache-control content-disposition
  content-encoding content-language content-length content-location content-range content-type
  cookie date etag expect expires from if-match if-modified-since if-none-match if-range
  if-unmodified-since last-modified link location max-forwards proxy-authenticate
  proxy-authorization range referer refresh retry-after server set-cookie
  strict-transport-security user-agent vary via www-authenticate`.split(/\s+/);
const statuses = ['200', '204', '206', '304', '400', '404', '500', '418'];

/** Each name that an answer may have, each with the value of the static table and with others. */
function answerHeaders(round: number): Record<string, string> {
  const status = statuses[round % statuses.length]!;
  const headers: Record<string, string> = { ':status': status };
  for (const [index, name] of answerNames.entries()) {
    // Without a date, the server would write its own.
    if ((index + round) % 4 === 0 && name !== 'date') continue;
    const known = name === 'accept-encoding' ? 'gzip, deflate' : '';
    headers[name] = round % 3 === 0 ? known : `${name} ${round}`;
  }
  delete headers['content-length'];
  if (status === '200') headers['content-length'] = '0';
  const some = Array.from({ length: 20 }, (_, at) => valueCharacters[(round * 20 + at) % 223]);
  return { ...headers, 'x-any': `<${some.join('')}>`, [`x-${round}`]: 'once' };
}

/** The headers that a client and a server of Node sent each other, and the blocks that went between them. */
async function nodeBlocks(rounds: number) {
  const sent = { requests: [] as object[], responses: [] as object[] };
  const seen = { requests: [] as Buffer[], responses: [] as Buffer[] };
  const [near, nearTap] = duplexPair();
  const [farTap, far] = duplexPair();
  forward(nearTap, farTap, { preface: 24, blocks: seen.requests });
  forward(farTap, nearTap, { preface: 0, blocks: seen.responses });
  const server = createServer();
  server.on('stream', (stream) => {
    const headers = answerHeaders(sent.responses.length);
    sent.responses.push(headers);
    stream.respond(headers);
    stream.end();
  });
  server.emit('connection', far);
  const client = connect('http://cluster.test', { createConnection: () => near });
  for (let round = 0; round < rounds; round += 1) {
    const headers: OutgoingHttpHeaders = {
      ':authority': 'cluster.test',
      ':method': round % 2 === 0 ? 'GET' : 'POST',
      ':path': ['/', '/index.html', `/api/${round}`][round % 3],
      ':scheme': round % 5 === 0 ? 'http' : 'https',
      host: 'cluster.test',
      authorization: `Bearer ${round}`,
    };
    sent.requests.push(headers);
    await new Promise<void>((resolve, reject) => {
      client
        .request(headers, { endStream: true })
        .on('error', reject)
        .on('close', resolve)
        .resume();
    });
  }
  client.destroy();
  return { sent, seen };
}

/** Passes bytes on and keeps the header blocks among them; none of them is longer than a frame. */
function forward(from: Duplex, to: Duplex, tap: { preface: number; blocks: Buffer[] }): void {
  let bytes = Buffer.alloc(0);
  let skip = tap.preface;
  from.on('data', (chunk: Buffer) => {
    to.write(chunk);
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < skip) return;
    bytes = bytes.subarray(skip);
    skip = 0;
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const [type, flags] = [bytes.readUInt8(3), bytes.readUInt8(4)];
      // Five bytes of priority come first if there is the flag for them.
      if (type === 1) tap.blocks.push(bytes.subarray(9 + ((flags & 0x20) === 0 ? 0 : 5), end));
      bytes = bytes.subarray(end);
    }
  });
}
