import { readFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { Target } from '../peers/target.js';
import type { LoadFigures } from './wrk.js';

export interface WholeAnswer {
  readonly path: string;
  /** Fewer bytes are a broken answer. */
  readonly atLeastBytes: number;
  readonly certificateAuthorityFile: string;
}

/**
 * One call for an answer that no closed loop could have in its seconds.
 *
 * @throws Error when it does not arrive whole
 */
export function fetchWhole(target: Target, load: WholeAnswer): Promise<LoadFigures> {
  const { path, atLeastBytes, certificateAuthorityFile } = load;
  const get = target.origin.startsWith('https:') ? httpsGet : httpGet;
  const { headers } = target;
  const ca = readFileSync(certificateAuthorityFile, 'utf8');
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const request = get(`${target.origin}${target.prefix}${path}`, { headers, ca, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('close', () => {
        const tookMs = performance.now() - from;
        const { statusCode } = response;
        if (statusCode === 200 && response.complete && bytes >= atLeastBytes) {
          resolve({ requests: 1, seconds: tookMs / 1e3, bytes, p50Ms: tookMs, p99Ms: tookMs });
        } else reject(new Error(`${target.name}: ${statusCode}, ${bytes} bytes`));
      });
    });
  });
}
