import { request } from 'node:https';
import type { PreparedUpstream, Upstream } from '../src/upstream/upstream.js';

interface Server {
  readonly server: string;
  readonly certificateAuthority: string;
}

interface Call {
  readonly method: string;
  readonly target: string;
  readonly token: string;
  readonly headers?: readonly string[];
}

/** A plain call to a cluster, with these headers and no others. */
export function httpsCall(
  { server, certificateAuthority: ca }: Server,
  { method, target, token, headers = [] }: Call,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const all = ['host', new URL(server).host, 'authorization', `Bearer ${token}`, ...headers];
    const sent = request(`${server}${target}`, { method, ca, headers: all }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** The simplest thing that can be an {@link Upstream}: one connection for each request. */
export function httpsUpstream(
  { server, certificateAuthority: ca }: Server,
  token: string,
): Pick<Upstream, 'prepare'> {
  const own = ['host', new URL(server).host, 'authorization', `Bearer ${token}`];
  const prepared: PreparedUpstream = {
    send: ({ method, target, headers, body, contentLength }, listener) => {
      const framing = contentLength === undefined ? [] : ['content-length', `${contentLength}`];
      const options = { method, ca, headers: [...headers, ...own, ...framing] };
      const sent = request(`${server}${target}`, options, (response) => {
        listener.onHead(response.statusCode ?? 0, response.rawHeaders);
        response.on('data', (chunk: Buffer) => listener.onData(chunk, false));
        response.on('end', () => listener.onEnd());
      });
      sent.on('error', (error) => listener.onError(error));
      if (body === null) sent.end();
      else body.pipe(sent);
      return { pause: () => undefined, resume: () => undefined, abort: () => sent.destroy() };
    },
    upgrade: () => Promise.reject(new Error('no upgrade')),
  };
  return { prepare: () => prepared };
}
