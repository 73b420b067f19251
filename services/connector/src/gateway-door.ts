import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import {
  CONNECTOR_PROTOCOL,
  ConnectorToken,
  ConnectorWelcome,
  readFirstLine,
  writeLine,
  type ConnectorHello,
} from '@drawbridge/connector-link';
import { AppError } from '@drawbridge/kernel';
import { ConfigInvalid } from '@drawbridge/runtime';
import type { ConnectorConfig } from './config.js';
import { ownName } from './own-name.js';

const CONNECT_MS = 10_000;
const WELCOME_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;

/** The gateway did not let the connector in. Holds nothing that was sent. */
export class NotWelcome extends AppError<
  'gateway_unreachable' | 'gateway_answer_malformed' | 'gateway_refused'
> {}

/** A connection that the gateway has taken, right behind the welcome. */
export interface Entered {
  readonly socket: TLSSocket;
  readonly welcome: Extract<ConnectorWelcome, { gateway: string }>;
}

/** Connects to one of the gateways and says who is there. `served`: as in the hello. @throws {@link NotWelcome} */
export type EnterGateway = (served: readonly string[], signal: AbortSignal) => Promise<Entered>;

/**
 * The way to the gateway. Token and authority are read for every connection, so that both can be renewed.
 *
 * @throws {@link ConfigInvalid} when one of them is not usable now
 */
export async function gatewayDoor(config: ConnectorConfig): Promise<EnterGateway> {
  await readFiles(config);
  return async (served, signal) => {
    const { ca, token } = await readFiles(config);
    const socket = await connectTls(config.GATEWAY_URL, ca, signal);
    const end = () => socket.destroy();
    signal.addEventListener('abort', end, { once: true });
    try {
      const hello = {
        connection: config.CONNECTION,
        token,
        name: config.NAME ?? ownName(),
        served,
      };
      return { socket, welcome: await shakeHands(socket, { ...hello, served: [...served] }) };
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  };
}

async function readFiles({ GATEWAY_CA_FILE, TOKEN_FILE }: ConnectorConfig) {
  const read = async (variable: string, file: string) => {
    try {
      return await readFile(file, 'utf8');
    } catch {
      throw new ConfigInvalid([{ variable, message: `the file "${file}" cannot be read` }]);
    }
  };
  const ca =
    GATEWAY_CA_FILE === undefined ? undefined : await read('GATEWAY_CA_FILE', GATEWAY_CA_FILE);
  const { success, data } = ConnectorToken.safeParse((await read('TOKEN_FILE', TOKEN_FILE)).trim());
  if (success) return { ca, token: data };
  const message = `the file "${TOKEN_FILE}" does not hold dbc_ and 32 random bytes in base64url`;
  throw new ConfigInvalid([{ variable: 'TOKEN_FILE', message }]);
}

/** One of the addresses that the name has, each as likely as the others: replicas behind one name are all found. */
async function oneAddressOf(host: string): Promise<string> {
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  return addresses[Math.floor(Math.random() * addresses.length)]?.address ?? host;
}

async function connectTls(
  gateway: URL,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const host = gateway.hostname.replace(/^\[|\]$/g, '');
  const address = await oneAddressOf(host).catch((cause: unknown) => {
    throw unreachable('its name cannot be resolved', cause);
  });
  signal.throwIfAborted();
  const socket = connect({
    host: address,
    port: Number(gateway.port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ALPNProtocols: [CONNECTOR_PROTOCOL],
    minVersion: 'TLSv1.2',
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  try {
    await secured(socket, signal);
  } catch (cause) {
    socket.on('error', () => undefined).destroy();
    throw unreachable('no TLS connection to it', cause);
  }
  if (socket.alpnProtocol === CONNECTOR_PROTOCOL) return socket;
  socket.destroy();
  throw unreachable('it speaks no protocol of connectors');
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => reject(new Error('timeout')), CONNECT_MS);
  const onAbort = () => reject(new Error('stopping'));
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('secureConnect', () => resolve(undefined));
  socket.once('error', reject).once('close', () => reject(new Error('closed')));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
}

async function shakeHands(socket: TLSSocket, hello: ConnectorHello): Promise<Entered['welcome']> {
  socket.on('error', () => undefined);
  const answer = readFirstLine(socket, WELCOME_MS);
  const [{ text }] = await Promise.all([answer, writeLine(socket, hello)]).catch(
    (cause: unknown) => {
      throw unreachable('it did not answer', cause);
    },
  );
  const welcome = ConnectorWelcome.safeParse(jsonOf(text));
  if (!welcome.success) {
    throw new NotWelcome('gateway_answer_malformed', 'the gateway answered something else');
  }
  if ('refused' in welcome.data) {
    throw new NotWelcome('gateway_refused', `the gateway refused: ${welcome.data.refused}`);
  }
  return welcome.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreachable = (why: string, cause?: unknown) =>
  new NotWelcome('gateway_unreachable', `the gateway cannot be reached: ${why}`, { cause });
