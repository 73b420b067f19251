import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawTarget {
  /** `http://host:port` or `https://host:port` */
  readonly url: string;
  /** PEM of the authority that an https target's certificate chains to. */
  readonly ca: string;
}

/** What came back on a connection until it ended or was silent for a while. */
export interface RawAnswer {
  /** Status of the first answer; 0 when there was none. */
  readonly status: number;
  /** The stable code of the refusal; '' when it has none. */
  readonly code: string;
  readonly text: string;
}

/** After this much silence no more is expected: less behind a whole answer. */
const QUIET_MS = 500;
const QUIET_BEHIND_ANSWER_MS = 20;
const LONGEST_MS = 6_000;
const CODE = /drawbridge-refusal: (\w+)|"code":"(\w+)"|"causes":\[\{"reason":"(\w+)"/;

/** Writes bytes that no HTTP client would send, and reads what comes back. */
export async function rawHttp(target: RawTarget, bytes: string): Promise<RawAnswer> {
  const text = await exchange(target, Buffer.from(bytes, 'latin1'));
  const [, ...codes] = CODE.exec(text) ?? [];
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    // Of the three places at most one is there.
    code: codes.join(''),
    text,
  };
}

function exchange(target: RawTarget, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = open(target, () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    let timer = setTimeout(end, LONGEST_MS);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      clearTimeout(timer);
      timer = setTimeout(end, isWhole(text) ? QUIET_BEHIND_ANSWER_MS : QUIET_MS);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      end();
    });
  });
}

function open({ url, ca }: RawTarget, onOpen: () => void): Socket {
  const { protocol, port } = new URL(url);
  const at = { host: '127.0.0.1', port: Number(port) };
  if (protocol === 'http:') return connectPlain(at, onOpen);
  return connectTls({ ...at, ca, servername: 'localhost' }, onOpen);
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return end > 0 && length !== undefined && text.length >= end + 4 + Number(length);
}
