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

/** Writes `bytes` on a new connection and reads until it ends or stays silent for `quietMs`. */
export async function rawCall(
  target: RawTarget,
  bytes: string | Buffer,
  { quietMs = 400 }: { readonly quietMs?: number } = {},
): Promise<RawAnswer> {
  const socket = await rawConnection(target);
  const chunks: Buffer[] = [];
  let closed = false;
  await new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, 5_000);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(resolve, quietMs);
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
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { text, statuses, closed };
}
