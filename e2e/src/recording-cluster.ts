import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '@drawbridge/embedded';
import type { ClusterAccess } from '@drawbridge/laptop';

/** What the gateway shows to this cluster; must turn up nowhere else. */
export const CLUSTER_TOKEN = 'canary-cluster-token-5d1c9b';

export interface ReceivedCall {
  readonly method: string;
  readonly url: string;
  /** `Audit-ID`: the id of the command. */
  readonly commandId: string;
}

/** A TLS server in the place of a cluster that notes down every call that reaches it. */
export interface RecordingCluster {
  readonly access: ClusterAccess;
  readonly received: readonly ReceivedCall[];
  close(): Promise<void>;
}

/** Answers every call with an object; a watch gets one frame and stays open. */
export async function startRecordingCluster(): Promise<RecordingCluster> {
  const authority = await createCertificateAuthority('recording cluster');
  const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
  const received: ReceivedCall[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    const { method = '', url = '', headers } = request;
    received.push({ method, url, commandId: String(headers['audit-id']) });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    access: {
      server: `https://127.0.0.1:${port}`,
      certificateAuthority: authority.certificate,
      credential: { type: 'bearerToken', token: CLUSTER_TOKEN },
    },
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const object = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'checkout' } };
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' });
  if (!request.url?.includes('watch=')) response.end(JSON.stringify(object));
  else response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
}
