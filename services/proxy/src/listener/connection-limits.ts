import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** Ends connections of an address that has too many, before any handshake is paid for. */
export function limitConnections(server: Server, maxPerAddress: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > maxPerAddress) socket.destroy();
  });
}
