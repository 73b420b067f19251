import { describe, expect, it } from 'vitest';
import { AnswerParser, type Asked } from './answer-parser.js';
import { UpstreamFault } from './upstream-fault.js';

interface Read {
  readonly statusCode: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The answer is over. */
  readonly ended: boolean;
  readonly keepAlive: boolean;
  /** Bytes behind it. */
  readonly rest: string;
}

const get: Asked = { head: false, upgrade: false };

/** Reads an answer that comes in these pieces; behind the last one the connection ends. */
function read(pieces: readonly string[], asked: Asked = get): Read {
  const seen = { statusCode: 0, rawHeaders: [] as readonly string[], keepAlive: false };
  let [body, ended, rest, lasts] = ['', false, '', 0];
  const parser = new AnswerParser({
    onAnswerHead: ({ statusCode, rawHeaders, keepAlive }) =>
      Object.assign(seen, { statusCode, rawHeaders, keepAlive }),
    onAnswerData: (chunk, last) => {
      if (lasts > 0) throw new Error('data behind the last');
      if (last) lasts += 1;
      body += chunk.toString('latin1');
    },
    onAnswerEnd: () => {
      if (ended) throw new Error('ended twice');
      ended = true;
    },
  });
  parser.begin(asked);
  for (const piece of pieces) {
    const chunk = Buffer.from(piece, 'latin1');
    rest += piece.slice(parser.push(chunk));
  }
  parser.end();
  return { ...seen, body, ended, rest };
}

const refused = (pieces: readonly string[], asked: Asked = get): string => {
  try {
    return `read: ${JSON.stringify(read(pieces, asked))}`;
  } catch (error) {
    return error instanceof UpstreamFault ? error.kind : String(error);
  }
};

/** The bytes whole, cut in two at every place, and one by one. */
function* cuts(bytes: string): Generator<readonly string[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at += 1) yield [bytes.slice(0, at), bytes.slice(at)];
  yield bytes.split('');
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

describe('an answer', () => {
  const head: Asked = { head: true, upgrade: false };
  const plain = { statusCode: 200, body: '', ended: true, keepAlive: true, rest: '' };
  const chunks = { ...plain, rawHeaders: ['Transfer-Encoding', 'chunked'] };
  const answers: readonly (readonly [string, string, Read, Asked?])[] = [
    [
      'with a length',
      `${ok}Content-Length: 5\r\nX-A:\t b c \t\r\nX-E:\r\n\r\nhello`,
      { ...plain, rawHeaders: ['Content-Length', '5', 'X-A', 'b c', 'X-E', ''], body: 'hello' },
    ],
    [
      'of no bytes',
      `${ok}content-length: 0\r\n\r\n`,
      { ...plain, rawHeaders: ['content-length', '0'] },
    ],
    [
      'in chunks',
      `${chunked}1\r\na\r\n00B\r\nbcdefghijkl\r\n0\r\n\r\n`,
      { ...chunks, body: 'abcdefghijkl' },
    ],
    [
      'in chunks with extensions and trailers',
      `${chunked}2;a;b=c;d="e \\" f"\r\nab\r\n0;x\r\nX-Sum: 1\r\nX-B: \r\n\r\n`,
      { ...chunks, body: 'ab' },
    ],
    [
      'behind informational ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
      { ...plain, rawHeaders: ['Content-Length', '1'], body: 'x' },
    ],
    [
      'up to the end of the connection',
      'HTTP/1.1 200 \r\n\r\nall of it\r\n\r\n',
      { ...plain, rawHeaders: [], body: 'all of it\r\n\r\n', keepAlive: false },
    ],
    [
      'after which the connection ends',
      `${ok}Connection: x, Close\r\nContent-Length: 1\r\n\r\n1`,
      {
        ...plain,
        rawHeaders: ['Connection', 'x, Close', 'Content-Length', '1'],
        body: '1',
        keepAlive: false,
      },
    ],
    [
      'to HEAD',
      `${ok}Content-Length: 500\r\n\r\n`,
      { ...plain, rawHeaders: ['Content-Length', '500'] },
      head,
    ],
    ['to HEAD in chunks', chunked, chunks, head],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { ...plain, statusCode: 204, rawHeaders: [] }],
    [
      '304 with the length of what it stands for',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
      { ...plain, statusCode: 304, rawHeaders: ['Content-Length', '9'] },
    ],
    [
      'with another one behind it',
      `${ok}Content-Length: 1\r\n\r\nx${ok}`,
      { ...plain, rawHeaders: ['Content-Length', '1'], body: 'x', rest: ok },
    ],
    [
      'to an upgrade',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nframes',
      { ...plain, statusCode: 101, rawHeaders: ['Upgrade', 'x'], rest: 'frames' },
      { head: false, upgrade: true },
    ],
  ];

  it.each(answers.map(([name, bytes, expected, asked]) => ({ name, bytes, expected, asked })))(
    '$name is read the same wherever it is cut',
    ({ bytes, expected, asked }) => {
      for (const pieces of cuts(bytes)) expect(read(pieces, asked)).toStrictEqual(expected);
    },
  );

  it('in small chunks is passed on in as many pieces as it came in', () => {
    const pieces: string[] = [];
    const parser = new AnswerParser({
      onAnswerHead: () => undefined,
      onAnswerData: (chunk) => pieces.push(chunk.toString('latin1')),
      onAnswerEnd: () => undefined,
    });
    parser.begin(get);
    parser.push(Buffer.from(`${chunked}1\r\na\r\n2\r\nbc\r\n3;x\r\ndef\r\n4\r\ngh`));
    parser.push(Buffer.from('ij\r\n1\r\nk\r\n0\r\n\r\n'));
    expect(pieces).toStrictEqual(['abcdefgh', 'ijk']);
  });

  it('is told no more of once it is stopped, in the middle of a piece', () => {
    const told: string[] = [];
    const parser: AnswerParser = new AnswerParser({
      onAnswerHead: () => {
        told.push('head');
        parser.stop();
      },
      onAnswerData: () => told.push('data'),
      onAnswerEnd: () => told.push('end'),
    });
    parser.begin(get);
    parser.push(Buffer.from(`${ok}Content-Length: 2\r\n\r\nab`));
    parser.end();
    expect(told).toStrictEqual(['head']);
  });
});

describe('T23 an answer that two could read differently', () => {
  it.each([
    ['another version', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a version in lower case', 'http/1.1 200 OK\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['the beginning of something else', '\x15\x03\x01'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 600 OK\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a status and no space', 'HTTP/1.1 200\r\n\r\n'],
    ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['two lengths', `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`],
    ['the same length twice', `${ok}Content-Length: 2\r\ncontent-length: 2\r\n\r\nab`],
    ['a list of lengths', `${ok}Content-Length: 2, 2\r\n\r\nab`],
    ['a negative length', `${ok}Content-Length: -1\r\n\r\n`],
    ['a length with a sign', `${ok}Content-Length: +1\r\n\r\na`],
    ['a length in hexadecimal', `${ok}Content-Length: 0x1\r\n\r\na`],
    ['no digits of a length', `${ok}Content-Length:\r\n\r\n`],
    ['a length too large', `${ok}Content-Length: 1${'0'.repeat(15)}\r\n\r\n`],
    ['length and chunks', `${chunked.slice(0, -2)}Content-Length: 2\r\n\r\n0\r\n\r\n`],
    ['two codings', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a coding twice', `${chunked.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an unknown coding', `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a coding with a tail', `${ok}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${ok}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
    ['a fold before all headers', `${ok} X-A: b\r\nContent-Length: 0\r\n\r\n`],
    ['a space before the colon', `${ok}Content-Length : 0\r\n\r\n`],
    ['a header without a name', `${ok}: b\r\nContent-Length: 0\r\n\r\n`],
    ['a header without a colon', `${ok}X-A\r\nContent-Length: 0\r\n\r\n`],
    ['a name that is no token', `${ok}X(A): b\r\nContent-Length: 0\r\n\r\n`],
    ['NUL in a value', `${ok}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`],
    ['a bare CR in a value', `${ok}X-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n`],
    ['a bare LF in a value', `${ok}X-A: b\nX-B: c\r\nContent-Length: 0\r\n\r\n`],
    ['bare LF all over', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a bare LF at the end', `${ok}Content-Length: 0\r\n\n`],
    ['a bare CR at the end', `${ok}Content-Length: 0\r\n\rX: y\r\n\r\n`],
    ['a body of a 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nab'],
    ['chunks of a 204', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a body of a 100', 'HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nab'],
    ['a chunk without a size', `${chunked}\r\na\r\n0\r\n\r\n`],
    ['a chunk size that is none', `${chunked}g\r\na\r\n0\r\n\r\n`],
    ['a chunk size with a sign', `${chunked}+1\r\na\r\n0\r\n\r\n`],
    ['a chunk size with 0x', `${chunked}0x1\r\na\r\n0\r\n\r\n`],
    ['a space behind a chunk size', `${chunked}1 \r\na\r\n0\r\n\r\n`],
    ['a space before a chunk size', `${chunked} 1\r\na\r\n0\r\n\r\n`],
    ['a chunk size too large', `${chunked}${'f'.repeat(13)}\r\na`],
    ['a chunk longer than its size', `${chunked}1\r\nab\r\n0\r\n\r\n`],
    ['a chunk size and a bare LF', `${chunked}1\na\r\n0\r\n\r\n`],
    ['a chunk and a bare LF', `${chunked}1\r\na\n0\r\n\r\n`],
    ['a bare CR in an extension', `${chunked}1;a\rb\r\na\r\n0\r\n\r\n`],
    ['a bare LF in an extension', `${chunked}1;a\nb\r\na\r\n0\r\n\r\n`],
    ['an extension that is none', `${chunked}1;\r\na\r\n0\r\n\r\n`],
    ['an open quote in an extension', `${chunked}1;a="b\r\na\r\n0\r\n\r\n`],
    ['a trailer that is none', `${chunked}0\r\nX A: b\r\n\r\n`],
    ['a bare LF in a trailer', `${chunked}0\r\nX-A: b\nX-B: c\r\n\r\n`],
    ['an end before it', `HTTP/1.1 102 Processing\r\nConnection: close\r\n\r\n${ok}\r\n`],
    ['a protocol nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('by %s is refused, wherever it is cut', (_, bytes) => {
    for (const pieces of cuts(bytes)) expect(refused(pieces)).toBe('not_http');
  });

  it.each([
    ['in its head', `${ok}Content-Le`],
    ['in its body', `${ok}Content-Length: 3\r\n\r\nab`],
    ['in a chunk', `${chunked}3\r\nab`],
    ['before the last chunk', `${chunked}2\r\nab\r\n`],
    ['before the end of the trailers', `${chunked}0\r\n`],
    ['behind an informational one', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('when it breaks off %s is not complete', (_, bytes) => {
    for (const pieces of cuts(bytes)) expect(refused(pieces)).toBe('broken');
  });
});

describe('T24 an answer without end', () => {
  const long = (bytes: number) => 'y'.repeat(bytes);

  it.each([
    ['headers in one piece', [`${ok}X: ${long(70_000)}\r\n\r\n`]],
    ['headers in many pieces', [ok, 'X: ', ...Array<string>(70).fill(long(1_000))]],
    ['many headers', [`${ok}${'A: b\r\n'.repeat(257)}\r\n`]],
    ['informational answers', Array<string>(17).fill('HTTP/1.1 102 Processing\r\n\r\n')],
    ['an extension', [`${chunked}1;${long(300)}\r\na\r\n0\r\n\r\n`]],
    ['zeros of a chunk size', [`${chunked}${'0'.repeat(20)}1\r\na\r\n0\r\n\r\n`]],
    ['trailers', [`${chunked}0\r\nX: ${long(17_000)}\r\n\r\n`]],
  ])('of %s is refused', (_, pieces) => {
    expect(refused(pieces)).toBe('not_http');
  });
});
