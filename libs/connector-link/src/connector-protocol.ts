import { z } from 'zod';
import { ConnectionName } from '@drawbridge/contracts';

/**
 * What a connector says in its TLS handshake with the gateway. Then it writes a {@link ConnectorHello} in one line,
 * the gateway answers with a {@link ConnectorWelcome} in one line, and from there the gateway is the client of an
 * HTTP/2 connection and the connector its server: one `CONNECT` for every connection to the API server.
 */
export const CONNECTOR_PROTOCOL = 'drawbridge-connector/1';

/** The one target of a `CONNECT`: the cluster that the connector was set up for. No address is ever named. */
export const CLUSTER_AUTHORITY = 'cluster';

/** Where the gateway says anew, in {@link PEERS_HEADER}, which gateways there are. */
export const PEERS_PATH = '/peers';
export const PEERS_HEADER = 'drawbridge-peers';

/** Longest line of either side. */
export const MAX_LINE_BYTES = 8_192;

const MAX_PEERS = 128;
const gatewayId = z.uuid();

/** 32 random bytes in base64url. Unlike anything that an identity provider issues, so neither passes for the other. */
export const ConnectorToken = z
  .string()
  .regex(/^dbc_[\w-]{43}$/, 'expected dbc_ and 32 random bytes in base64url');

/** The first line: who connects, for which connection. */
export const ConnectorHello = z.strictObject({
  connection: ConnectionName,
  token: ConnectorToken,
  /** Tells connectors apart in logs. */
  name: z.string().regex(/^[a-zA-Z0-9]([-.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/),
  /** Gateways to which it has all the connections that it wants: there it ends again at once. */
  served: z.array(gatewayId).max(MAX_PEERS),
});
export type ConnectorHello = z.infer<typeof ConnectorHello>;

/** Why a connector is sent away. */
export type ConnectorRefusal =
  | 'connector_hello_malformed'
  /** Wrong token, or no such connection: which of them is not said. */
  | 'connector_token_refused'
  | 'connector_too_many'
  | 'proxy_draining';

/** The answer to a hello. */
export const ConnectorWelcome = z.union([
  z.strictObject({
    /** One worker thread of one replica, as long as it runs. */
    gateway: gatewayId,
    /** All that serve this installation, itself among them. */
    peers: z.array(gatewayId).max(MAX_PEERS),
    /** It was in `served`; the connection ends. */
    surplus: z.boolean(),
  }),
  z.strictObject({
    refused: z.enum([
      'connector_hello_malformed',
      'connector_token_refused',
      'connector_too_many',
      'proxy_draining',
    ] satisfies ConnectorRefusal[]),
  }),
]);
export type ConnectorWelcome = z.infer<typeof ConnectorWelcome>;

/** What {@link PEERS_HEADER} holds; `undefined` for anything else. */
export function readPeers(header: unknown): readonly string[] | undefined {
  if (typeof header !== 'string') return undefined;
  const { success, data } = z.array(gatewayId).min(1).max(MAX_PEERS).safeParse(header.split(','));
  return success ? data : undefined;
}
