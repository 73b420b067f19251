import type { UpstreamFlow, UpstreamListener } from '../../src/upstream/upstream.js';

/** An answer with all of its body, or why there is none. */
export interface CollectedAnswer {
  readonly statusCode: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly error?: Error;
}

export interface Collecting extends UpstreamListener {
  readonly answer: Promise<CollectedAnswer>;
  readonly events: string[];
}

/** Listens to one answer to its end, and notes every event by name. */
export function collect(send?: (listener: UpstreamListener) => UpstreamFlow): Collecting {
  const { promise, resolve } = Promise.withResolvers<CollectedAnswer>();
  let [statusCode, body] = [0, ''];
  let rawHeaders: readonly string[] = [];
  const events: string[] = [];
  const listener: Collecting = {
    answer: promise,
    events,
    onHead: (status, headers) => {
      events.push('head');
      [statusCode, rawHeaders] = [status, headers];
    },
    onData: (chunk) => {
      events.push('data');
      body += chunk.toString('latin1');
    },
    onEnd: () => {
      events.push('end');
      resolve({ statusCode, rawHeaders, body });
    },
    onError: (error) => {
      events.push('error');
      resolve({ statusCode, rawHeaders, body, error });
    },
  };
  send?.(listener);
  return listener;
}
