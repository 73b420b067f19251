import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay before a NATS server: what the server answers can be swallowed, as by a network that fails. */
export interface NatsRelay {
  readonly url: string;
  /** From now on nothing of what the server says arrives; what the client says still does. */
  mute(): void;
  /** Ends all connections; new ones work again. */
  restore(): void;
  close(): Promise<void>;
}

export async function startNatsRelay(server: string): Promise<NatsRelay> {
  const target = new URL(server);
  const sockets = new Set<Socket>();
  let muted = false;
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
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (!muted) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    mute: () => {
      muted = true;
    },
    restore: () => {
      muted = false;
      cut();
    },
    close: () => {
      cut();
      return new Promise((resolve) => relay.close(() => resolve()));
    },
  };
}
