import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers `/readyz`, which the container's health check asks; open from when everything is ready. */
export async function startHealthServer(
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const ready = request.url === '/readyz';
    response.writeHead(ready ? 200 : 404, { 'content-type': 'application/json' });
    response.end(ready ? '{"status":"ready"}' : undefined);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
