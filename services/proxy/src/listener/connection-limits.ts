import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Ends connections of an address that has too many, before any handshake is paid for.
 *
 * @returns the function that ends all connections, those included on which no handshake was finished
 */
export function limitConnections(server: Server, maxPerAddress: number): () => void {
  const open = new Map<string, Set<Socket>>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const sockets = open.get(address) ?? new Set();
    open.set(address, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) open.delete(address);
    });
    if (sockets.size > maxPerAddress) socket.destroy();
  });
  return () => {
    for (const sockets of open.values()) for (const socket of sockets) socket.destroy();
  };
}
