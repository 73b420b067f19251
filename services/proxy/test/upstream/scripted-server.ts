import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createCertificateAuthority } from '@drawbridge/embedded';

/** One connection as the server has it, with everything that came on it so far. */
export interface ScriptedConnection {
  readonly socket: Socket;
  /** Which connection to the server it is, from 0. */
  readonly index: number;
  received: string;
  /** Resolves when `text` has come. */
  until(text: string): Promise<void>;
  /** Sends pieces, each in a turn of the event loop of its own. */
  say(...pieces: readonly string[]): Promise<void>;
}

/** A server that says what a test tells it, byte for byte. */
export interface ScriptedServer {
  readonly port: number;
  readonly certificateAuthority: string;
  readonly connections: ScriptedConnection[];
  /** What happens on each connection from now on. */
  script(run: (connection: ScriptedConnection) => Promise<void> | void): void;
  close(): Promise<void>;
}

export async function startScriptedServer({ tls }: { tls: boolean }): Promise<ScriptedServer> {
  const authority = await createCertificateAuthority('scripted');
  const { certificate, key } = await authority.issueServer(['127.0.0.1']);
  const connections: ScriptedConnection[] = [];
  let run: (connection: ScriptedConnection) => Promise<void> | void = () => undefined;
  const onSocket = (socket: Socket) => {
    const connection = scripted(socket, connections.length);
    connections.push(connection);
    void run(connection);
  };
  const server: Server = tls
    ? createTlsServer({ cert: certificate, key }, onSocket)
    : createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificateAuthority: authority.certificate,
    connections,
    script: (next) => (run = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { socket } of connections) socket.destroy();
      }),
  };
}

function scripted(socket: Socket, index: number): ScriptedConnection {
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('close', wake);
  socket.on('data', (chunk: Buffer) => {
    connection.received += chunk.toString('latin1');
    wake();
  });
  const connection: ScriptedConnection = {
    socket,
    index,
    received: '',
    until: (text) =>
      new Promise((resolve) => {
        const check = () => {
          if (!connection.received.includes(text) && !socket.destroyed) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    say: async (...pieces) => {
      for (const piece of pieces) {
        if (!socket.destroyed) socket.write(piece, 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
  return connection;
}
