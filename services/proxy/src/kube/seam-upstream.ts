import type { Dispatcher } from 'undici';
import type { Upstream, UpstreamListener, UpstreamRequest } from '../upstream/upstream.js';
import type { KubeUpstream } from './kube-upstream.js';

/** A {@link KubeUpstream} as the rest of the gateway will know it: goes when that is an `Upstream` itself. */
export function seamUpstream(upstream: KubeUpstream): Pick<Upstream, 'prepare' | 'destroy'> {
  return {
    prepare: async (identity) => {
      const prepared = await upstream.prepare(identity);
      return {
        send: (request, listener) => {
          const handler = new ListenerHandler({
            onHead: (statusCode, rawHeaders) => {
              if (statusCode === 401) upstream.refused(identity);
              listener.onHead(statusCode, rawHeaders);
            },
            onData: (chunk, last) => listener.onData(chunk, last),
            onEnd: () => listener.onEnd(),
            onError: (error) => listener.onError(error),
          });
          prepared.send(plainRequest(request), handler);
          return handler;
        },
        upgrade: (request, signal) => prepared.upgrade(request, signal),
      };
    },
    destroy: () => upstream.destroy(),
  };
}

function plainRequest({ headers, contentLength, ...request }: UpstreamRequest) {
  const pairs = headers.flatMap((name, index) =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? ''] as const] : [],
  );
  const length = contentLength === undefined ? {} : { 'content-length': `${contentLength}` };
  return { ...request, headers: { ...Object.fromEntries(pairs), ...length } };
}

class ListenerHandler implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;

  constructor(private readonly listener: UpstreamListener) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) this.abort();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
      [value ?? []].flat().flatMap((one) => [name, one]),
    );
    this.listener.onHead(statusCode, rawHeaders);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.listener.onData(chunk, false);
  }

  onResponseEnd(): void {
    this.listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#aborted) this.listener.onError(error);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort(new Error('aborted'));
  }
}
