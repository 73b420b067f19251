import { CallRefused } from '../domain/call-refused.js';
import { splitConnectionPath } from '../domain/connection-path.js';
import { checkRequestHead } from '../domain/request-head.js';
import type { GatewayHosts } from '../gateway-hosts.js';
import { bodyTooLarge, MAX_BODY_BYTES } from '../streams/request-body.js';
import type { Exchange, Step } from './exchange.js';

/** A call whose head is plain and unambiguous and addresses a connection. */
export interface Received extends Exchange {
  /** `''`: the host name is nobody's, which a stranger is not told. */
  readonly connection: string;
  /** What is left of the target for the cluster, as received. */
  readonly target: string;
}

/** Refuses heads that are malformed or announce too much, before anything is believed. */
export const receive =
  (hosts: Pick<GatewayHosts, 'has' | 'connectionOf'>): Step<Exchange, Received> =>
  (next) =>
  (exchange) => {
    const { request, upgrade } = exchange;
    const { method } = request;
    const { connection, target } = addressOf(
      checkRequestHead(request, hosts),
      request.target,
      hosts,
    );
    if (connection !== '') exchange.facts.connection = connection;
    const length = request.announced?.length;
    if (length !== undefined && length > MAX_BODY_BYTES) throw bodyTooLarge();
    if (upgrade !== undefined && method !== 'GET' && method !== 'POST') {
      throw new CallRefused('upgrade_unsupported', `an upgrade by ${method} has no meaning`);
    }
    return next({ ...exchange, connection, target });
  };

type Address = Pick<Received, 'connection' | 'target'>;

/**
 * Host names of connections and those of nobody are read alike, and told apart behind the token only: without one
 * nobody finds out which exist.
 */
function addressOf(
  host: string | undefined,
  target: string,
  hosts: Pick<GatewayHosts, 'connectionOf'>,
): Address {
  if (host === undefined) return { connection: '', target };
  const named = hosts.connectionOf(host);
  return named === undefined ? splitConnectionPath(target) : { connection: named, target };
}
