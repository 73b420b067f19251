import { request } from 'node:https';

/** One call as an agent would make it, without kubectl's retries and caches. */
export interface GatewayCall {
  /** `https://gateway/connections/<name>` */
  readonly base: string;
  readonly path: string;
  readonly token: string;
  /** PEM of the gateway's certificate authority. */
  readonly ca: string;
  readonly method?: string;
  readonly body?: { readonly contentType: string; readonly text: string };
}

export interface GatewayAnswer {
  readonly status: number;
  readonly body: string;
}

/** Makes the call on a connection of its own and reads the whole answer. */
export function callGateway({
  base,
  path,
  token,
  ca,
  method = 'GET',
  body: sentBody,
}: GatewayCall): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(sentBody === undefined ? {} : { 'content-type': sentBody.contentType }),
    };
    const sent = request(`${base}${path}`, { method, ca, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
      response.on('aborted', () => reject(new Error('the answer broke off')));
    });
    sent.setTimeout(5_000, () => sent.destroy(new Error('no answer in 5 s')));
    sent.on('error', reject);
    sent.end(sentBody?.text);
  });
}
