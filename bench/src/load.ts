import { Pool } from 'undici';

export interface Target {
  readonly name: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM for an https origin. */
  readonly ca?: string;
}

export interface Figures {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Bounded: so many requests over so many keep-alive connections, then it ends. */
export interface Load {
  readonly connections: number;
  readonly requests: number;
}

/**
 * Sends the load and measures it.
 *
 * @throws Error on the first answer that is not 200: a figure with refusals in it means nothing
 */
export async function measure(target: Target, { connections, requests }: Load): Promise<Figures> {
  const { origin, path, headers, ca } = target;
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connect: ca === undefined ? {} : { ca },
  });
  const latencies: number[] = [];
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      const { statusCode, body } = await pool.request({ path, method: 'GET', headers });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${target.name} answered ${statusCode}: ${text}`);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    await pool.close();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: requests / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
