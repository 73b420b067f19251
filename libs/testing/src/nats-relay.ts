import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP relay before a NATS server, whose answers can get lost. */
export interface NatsRelay {
  readonly url: string;
  /** From now on nothing of what the server says arrives; what the client says still does. */
  mute(): void;
  /**
   * From now on it is a bus that takes every connection and every message, answers pings, and does nothing: the server
   * gets nothing of it.
   */
  silence(): void;
  /** Ends all connections; new ones work again. */
  restore(): void;
  /** Bytes that clients have sent while it was silent. */
  readonly swallowed: number;
  close(): Promise<void>;
}

type Mode = 'open' | 'muted' | 'silent';
const PING = Buffer.from('PING\r\n');

export async function startNatsRelay(server: string): Promise<NatsRelay> {
  const target = new URL(server);
  const sockets = new Set<Socket>();
  let mode: Mode = 'open';
  let swallowed = 0;
  const relay = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let hasGreeted = false;
    client.on('data', (chunk: Buffer) => {
      if (mode !== 'silent') {
        upstream.write(chunk);
        return;
      }
      swallowed += chunk.length;
      if (chunk.subarray(-PING.length).equals(PING)) client.write('PONG\r\n');
    });
    upstream.on('data', (chunk: Buffer) => {
      // Without the greeting of the server nobody would send anything.
      if (mode === 'open' || (mode === 'silent' && !hasGreeted)) client.write(chunk);
      hasGreeted = true;
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    mute: () => (mode = 'muted'),
    silence: () => (mode = 'silent'),
    restore: () => {
      mode = 'open';
      cut();
    },
    get swallowed() {
      return swallowed;
    },
    close: () => {
      cut();
      return new Promise((resolve) => relay.close(() => resolve()));
    },
  };
}
