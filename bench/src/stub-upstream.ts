import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '@drawbridge/embedded';

/** The size of a small pod, as in the measurements of the design. */
const BODY_BYTES = 2_000;

/** An API server that costs next to nothing: answers every call with the same 2 kB object over TLS. */
export async function startStubUpstream() {
  const authority = await createCertificateAuthority('bench upstream');
  const { certificate: cert, key } = await authority.issueServer(['localhost', '127.0.0.1']);
  const object = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'checkout' } };
  const padding = 'x'.repeat(BODY_BYTES - JSON.stringify(object).length - 14);
  const body = JSON.stringify({ ...object, padding });
  const server = createServer({ cert, key }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server: `https://127.0.0.1:${port}`,
    certificateAuthority: authority.certificate,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
