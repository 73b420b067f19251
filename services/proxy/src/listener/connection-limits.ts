import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionCounter } from '../limits/connection-counter.js';

/**
 * Ends connections that are too many, before any handshake is paid for.
 *
 * @returns the function that ends all connections, those included on which no handshake was finished
 */
export function limitConnections(
  server: Server,
  counter: Pick<ConnectionCounter, 'enter'>,
): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const leave = counter.enter(socket.remoteAddress ?? '');
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      leave();
    });
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
