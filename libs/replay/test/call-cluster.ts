import { request } from 'node:https';
import type { SandboxCluster } from '@drawbridge/sandbox-cluster';
import type { MadeAnswer, MadeCall } from '../src/index.js';

/** One call of a sandbox cluster, as its administrator. */
export const callCluster =
  ({ address, certificateAuthority, adminToken }: SandboxCluster) =>
  ({ method, target, accept, contentType, body }: MadeCall): Promise<MadeAnswer> =>
    new Promise((resolve, reject) => {
      const headers = {
        accept,
        authorization: `Bearer ${adminToken}`,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        'content-length': Buffer.byteLength(body ?? ''),
      };
      const options = { method, headers, ca: certificateAuthority, agent: false } as const;
      const sent = request(`${address}${target}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
