import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const Body = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.object({
    accessRequestId: z.string().optional(),
    alarmId: z.string().optional(),
    sequence: z.number(),
    event: z.unknown(),
  }),
});

export interface Received extends z.infer<typeof Body> {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  /** Exactly what was signed. */
  readonly text: string;
}

/** Somebody else's server; each path keeps what it took, and answers as it was told. */
export interface WebhookReceiver {
  readonly url: string;
  /** What was taken at this path, of one request when that is given. */
  taken(path: string, requestId?: string): readonly Received[];
  /** How often this path was called, whatever it answered. */
  calls(path: string): number;
  /** From now on this path answers so. @default 204 */
  answer(path: string, status: number): void;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const taken: { readonly path: string; readonly message: Received }[] = [];
  const statuses = new Map<string, number>();
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = request.url ?? '';
      const status = statuses.get(path) ?? 204;
      calls.set(path, (calls.get(path) ?? 0) + 1);
      if (status === 204) {
        const { headers } = request;
        const id = String(headers['webhook-id']);
        taken.push({
          path,
          message: { ...Body.parse(JSON.parse(body)), id, headers, text: body },
        });
      }
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: (path, requestId) =>
      taken
        .filter((one) => one.path === path)
        .map(({ message }) => message)
        .filter(({ data }) => requestId === undefined || data.accessRequestId === requestId),
    calls: (path) => calls.get(path) ?? 0,
    answer: (path, status) => statuses.set(path, status),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As a receiver would check it, out of the specification and not out of our code. */
export function isSignedBy({ headers, text: body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
