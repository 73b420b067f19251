import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { readFrames, readSyslog, type ReadSyslog } from './read-syslog.js';

/** A receiver of RFC 5424 over TCP or TLS that reads each connection to its end, and closes it then. */
export interface SyslogReceiver {
  readonly port: number;
  readonly messages: ReadSyslog[];
  /** What came that is no message. */
  readonly faults: unknown[];
  connections: number;
  /** What it does with a connection instead. */
  instead: ((socket: Socket) => void) | undefined;
  close(): Promise<void>;
}

export async function startSyslogReceiver(tls?: TlsOptions): Promise<SyslogReceiver> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    receiver.connections += 1;
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    if (receiver.instead !== undefined) {
      receiver.instead(socket);
      return;
    }
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => {
      try {
        receiver.messages.push(...readFrames(Buffer.concat(chunks)).map(readSyslog));
      } catch (error) {
        receiver.faults.push(error);
      }
      socket.end();
    });
  };
  const server: Server =
    tls === undefined
      ? createServer({ allowHalfOpen: true }, onSocket)
      : createTlsServer({ ...tls, allowHalfOpen: true }, onSocket);
  // Those of handshakes that fail, too.
  server.on('connection', (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: SyslogReceiver = {
    port: (server.address() as AddressInfo).port,
    messages: [],
    faults: [],
    connections: 0,
    instead: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return receiver;
}
