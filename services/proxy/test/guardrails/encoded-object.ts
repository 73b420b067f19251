import { request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ControlPlane } from '@drawbridge/testing';

/** Types other than JSON in which clients written in Go send objects. */
export const protobuf = 'application/vnd.kubernetes.protobuf';
export const cbor = 'application/cbor';

export interface ToEncode {
  /** `PUT` of one that is there. */
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly object: object;
}

/** An object in the bytes that the API server itself makes of it; nothing is changed. */
export async function encodedObject(
  { kubeconfig }: Pick<ControlPlane, 'kubeconfig'>,
  { method, path, type, object }: ToEncode,
): Promise<Buffer> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const headers = { accept: type, 'content-type': 'application/json' };
  const options = { method, headers, agent: false as const };
  await config.applyToHTTPSOptions(options);
  const url = `${config.getCurrentCluster()?.server ?? ''}${path}?dryRun=All`;
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        if ([200, 201].includes(answer.statusCode ?? 0) && answer.headers['content-type'] === type)
          resolve(bytes);
        else reject(new Error(`${answer.statusCode} ${bytes.toString('latin1')}`));
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(object));
  });
}
