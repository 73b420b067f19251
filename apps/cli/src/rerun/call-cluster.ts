import { request } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { MadeAnswer, MadeCall } from '@drawbridge/replay';
import { CliError } from '../cli-error.js';
import type { ClusterAccess } from './cluster-access.js';

const TIMEOUT_MS = 30_000;
/** No list of a session is longer. */
const MAX_BYTES = 268_435_456;

/** Of one call, from its first byte to the last of its answer. */
const WHOLE_MS = 300_000;
/** What the gateway says with each of its own refusals; no cluster does. */
const REFUSAL = 'drawbridge-refusal';

/** Have no body, whatever a file says. */
const reading = new Set(['GET', 'HEAD']);

export interface ClusterAnswer extends MadeAnswer {
  /** It was the gateway of Drawbridge that answered. */
  readonly isOfGateway: boolean;
}

/** Makes calls of a Kubernetes API, as whom the access says. */
export const clusterCaller =
  (access: Omit<ClusterAccess, 'names'>) =>
  async (call: MadeCall): Promise<ClusterAnswer> => {
    try {
      return await made(access, call);
    } catch (cause) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      const message = `${access.server.origin} did not answer ${call.method} ${call.target}${reason}`;
      throw new CliError('rerun_cluster_failed', message, { cause });
    }
  };

function made(
  { server, serverName, ca, token, certificate, key }: Omit<ClusterAccess, 'names'>,
  { method, target, accept, contentType, body }: MadeCall,
): Promise<ClusterAnswer> {
  return new Promise((resolve, reject) => {
    const sentBody = reading.has(method) || body === undefined ? '' : body;
    const headers = {
      ...{ accept, 'user-agent': 'drawbridge-rerun' },
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      // Node gives no length to the body of a DELETE: the cluster would take the body for another call.
      'content-length': Buffer.byteLength(sentBody),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const sent = request(
      {
        ...{
          host: server.hostname.replace(/^\[|\]$/g, ''),
          port: server.port || 443,
          method,
          headers,
        },
        path: `${server.pathname.replace(/\/$/, '')}${target}`,
        ...{ ca: ca ?? [...rootCertificates], cert: certificate, key, timeout: TIMEOUT_MS },
        ...{ agent: false, rejectUnauthorized: true, signal: AbortSignal.timeout(WHOLE_MS) },
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) response.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isOfGateway = response.headers[REFUSAL] !== undefined;
          resolve({ status: response.statusCode ?? 0, body: text, isOfGateway });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', reject);
    sent.end(sentBody);
  });
}
