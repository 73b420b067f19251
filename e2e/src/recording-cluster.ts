import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createCertificateAuthority } from '@drawbridge/embedded';
import type { ClusterAccess } from '@drawbridge/laptop';
import { WebSocket, WebSocketServer } from 'ws';

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

/** What a session prints, one line after the other: its number and the id of the command. */
export const EXEC_LINES = 40;
const EXEC_LINE_MS = 25;

/**
 * Answers every call with an object that names its URL, with as many further characters as `?padding=` says; a watch
 * gets one frame and stays open. Exec, over a WebSocket, prints {@link EXEC_LINES} lines in about a second.
 */
export async function startRecordingCluster(): Promise<RecordingCluster> {
  const authority = await createCertificateAuthority('recording cluster');
  const { certificate: cert, key } = await authority.issueServer(['127.0.0.1']);
  const received: ReceivedCall[] = [];
  const note = ({ method = '', url = '', headers }: IncomingMessage): ReceivedCall => {
    const call = { method, url, commandId: String(headers['audit-id']) };
    received.push(call);
    return call;
  };
  const server = createServer({ cert, key }, (request, response) => {
    note(request);
    answer(request, response);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(V5) ? V5 : 'v4.channel.k8s.io'),
  });
  server.on('upgrade', (request, socket, head) => {
    const { commandId } = note(request);
    sockets.handleUpgrade(request, socket, head, (session) => void print(session, commandId));
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
        for (const session of sockets.clients) session.terminate();
        server.closeAllConnections();
      }),
  };
}

const V5 = 'v5.channel.k8s.io';
const [STDOUT, STATUS] = [1, 3];

async function print(session: WebSocket, commandId: string): Promise<void> {
  session.on('error', () => session.terminate());
  const send = (channel: number, text: string) =>
    session.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
  for (let line = 1; line <= EXEC_LINES; line += 1) {
    if (session.readyState !== WebSocket.OPEN) return;
    send(STDOUT, `${line} ${commandId}\n`);
    await delay(EXEC_LINE_MS);
  }
  if (session.readyState !== WebSocket.OPEN) return;
  send(STATUS, JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Success' }));
  session.close(1_000);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://cluster.test');
  const annotations = { call: `${pathname}?${searchParams}` };
  const object = {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'checkout', annotations },
    spec: { padding: 'x'.repeat(Number(searchParams.get('padding') ?? 0)) },
  };
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json' });
  if (!searchParams.has('watch')) response.end(JSON.stringify(object));
  else response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
}
