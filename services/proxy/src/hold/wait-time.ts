import { queryValue, type KubeQuery } from '../domain/kube-query.js';

const MINUTE_MS = 60_000;
/** A client that gives itself so long should hear from us, and not from its own clock. */
const BEFORE_TIMEOUT_MS = 1_000;

/** How long a call waits at most: what the gateway allows, and less when its client says that it has less time. */
export function waitTime(
  mostMs: number,
  { prefer, query }: { prefer: string | undefined; query: KubeQuery },
): number {
  const timeout = duration(queryValue(query, 'timeout') ?? '');
  return Math.max(
    0,
    Math.min(
      mostMs,
      preferred(prefer ?? '') ?? Infinity,
      timeout === undefined ? Infinity : timeout - BEFORE_TIMEOUT_MS,
    ),
  );
}

/** RFC 7240: `respond-async` does not wait at all, `wait=10` ten seconds. */
function preferred(prefer: string): number | undefined {
  const wait = /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(prefer)?.[1];
  if (wait !== undefined) return Number(wait) * 1_000;
  return /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(prefer) ? 0 : undefined;
}

/** As `kubectl --request-timeout` sends it: `30s`, `1m30s`, `30`; others are no hint. */
function duration(text: string): number | undefined {
  const [, minutes, seconds] = /^(?:(\d{1,4})m)?(?:(\d{1,6})s?)?$/.exec(text) ?? [];
  if (minutes === undefined && seconds === undefined) return undefined;
  return Number(minutes ?? 0) * MINUTE_MS + Number(seconds ?? 0) * 1_000;
}
