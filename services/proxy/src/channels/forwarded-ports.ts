import { CallRefused } from '../domain/call-refused.js';

/** Two channels each, numbered in one byte. */
const MAX_PORTS = 127;

/**
 * The ports of a port-forward that names them in its query, as the kubelet reads them.
 *
 * @param target - canonical path and query
 * @throws {@link CallRefused} `malformed_request`
 */
export function forwardedPorts(target: string): readonly number[] {
  const query = target.split('?')[1] ?? '';
  const texts = new URLSearchParams(query).getAll('ports').flatMap((value) => value.split(','));
  const ports = texts.map((text) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0));
  const valid = ports.every((port) => port >= 1 && port <= 65_535);
  if (valid && ports.length > 0 && ports.length <= MAX_PORTS) return ports;
  throw new CallRefused(
    'malformed_request',
    'expected the ports to forward as "ports" in the query',
  );
}
