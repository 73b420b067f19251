import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Between a connector and its gateway: breaks its connections, and lets it come back when a test says so. */
export interface GatewayRelay {
  /** As the gateway's own address, through the relay. */
  readonly address: string;
  /** Ends all connections and takes no more. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startGatewayRelay(gateway: string): Promise<GatewayRelay> {
  const { hostname, port } = new URL(gateway);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((inbound) => {
    const outbound = connect(Number(port), hostname);
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        inbound.destroy();
        outbound.destroy();
      });
    }
    if (isCut) inbound.destroy();
    inbound.pipe(outbound).pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `https://localhost:${String((server.address() as AddressInfo).port)}`,
    cut,
    mend: () => {
      isCut = false;
    },
    close: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
