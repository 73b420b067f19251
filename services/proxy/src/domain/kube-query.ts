import { MalformedKubeRequest } from './malformed-kube-request.js';
import { encodePlain, percentDecode } from './percent-decode.js';

const MAX_PAIRS = 256;
/** Keys that Kubernetes itself repeats: the words of an exec command, the ports of a port-forward. */
const repeatable = new Set(['command', 'ports']);

/** Decoded query pairs in the order they came. No key but a repeatable one is there twice. */
export type KubeQuery = readonly (readonly [key: string, value: string])[];

/**
 * Reads a query as Go's `url.Query()` does, and refuses every pair that Go would drop or of which it
 * would read only the first.
 *
 * @param query - without the `?`, still percent-encoded
 * @throws {@link MalformedKubeRequest} `malformed_kube_query`
 */
export function parseKubeQuery(query: string): KubeQuery {
  if (query === '') return [];
  if (query.includes(';')) throw malformed('";" is read as a separator by some parsers');
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map(decodePair);
  if (pairs.length > MAX_PAIRS)
    throw malformed(`more than ${String(MAX_PAIRS)} query parameters came`);
  const seen = new Set<string>();
  for (const [key] of pairs) {
    if (seen.has(key) && !repeatable.has(key)) {
      throw malformed(`the query parameter ${JSON.stringify(key.slice(0, 64))} is there twice`);
    }
    seen.add(key);
  }
  return pairs;
}

function decodePair(pair: string): readonly [string, string] {
  const split = pair.indexOf('=');
  const [rawKey, rawValue] =
    split === -1 ? [pair, ''] : [pair.slice(0, split), pair.slice(split + 1)];
  const key = percentDecode(rawKey.replaceAll('+', ' '));
  const value = percentDecode(rawValue.replaceAll('+', ' '));
  if (key === undefined || value === undefined) throw malformed('it has a broken escape');
  if (key.includes('\0') || value.includes('\0')) throw malformed('it holds a NUL');
  return [key, value];
}

/** Encodes pairs in the one way that is forwarded, with a leading `?` when there are any. */
export function formatKubeQuery(query: KubeQuery): string {
  if (query.length === 0) return '';
  const pairs = query.map(([key, value]) => `${encodePlain(key)}=${encodePlain(value)}`);
  return `?${pairs.join('&')}`;
}

/** The value of a parameter; `undefined` when it is absent, `''` for `?key` and `?key=`. */
export function queryValue(query: KubeQuery, key: string): string | undefined {
  return query.find(([candidate]) => candidate === key)?.[1];
}

function malformed(why: string): MalformedKubeRequest {
  return new MalformedKubeRequest('malformed_kube_query', `the query is refused: ${why}`);
}
