import { connect, type TLSSocket } from 'node:tls';

export interface RawTarget {
  readonly host: string;
  readonly port: number;
  readonly certificateAuthority: string;
}

/** A TLS connection on which a test writes whatever it likes. */
export function rawConnection({ host, port, certificateAuthority }: RawTarget): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ca: certificateAuthority, servername: 'localhost' }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
  });
}

export interface RawAnswer {
  /** Everything that came back until the connection ended or the time was over. */
  readonly text: string;
  /** Status of each answer, in order. */
  readonly statuses: readonly number[];
  readonly closed: boolean;
}

/** After this much silence no more is expected, unless the end of an answer or of its connection is. */
const QUIET_MS = 400;
const LONGEST_MS = 30_000;

/** Writes `bytes` on a new connection and reads until it ends, or stays silent behind `answers` answers. */
export async function rawCall(
  target: RawTarget,
  bytes: string | Buffer,
  answers = 1,
): Promise<RawAnswer> {
  const socket = await rawConnection(target);
  const chunks: Buffer[] = [];
  let closed = false;
  await new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, LONGEST_MS);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      const so = Buffer.concat(chunks);
      const over = statusesOf(so.toString('latin1')).length >= answers && isOver(so);
      timer = setTimeout(resolve, over ? QUIET_MS : LONGEST_MS);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed = true;
      clearTimeout(timer);
      resolve();
    });
    socket.write(bytes);
  });
  socket.destroy();
  const text = Buffer.concat(chunks).toString('latin1');
  return { text, statuses: statusesOf(text), closed };
}

const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Whether the first answer is whole and does not say that the connection ends with it. */
function isOver(answer: Buffer): boolean {
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.toString('latin1', 0, Math.max(0, end));
  if (end === -1 || /\r\nconnection: close/i.test(head)) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return length === undefined || answer.length >= end + 4 + Number(length);
}
