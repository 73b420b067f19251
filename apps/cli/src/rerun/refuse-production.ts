import { lookup } from 'node:dns/promises';
import type { MadeAnswer, MadeCall } from '@drawbridge/replay';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { ClusterAnswer } from './call-cluster.js';
import type { ClusterAccess } from './cluster-access.js';

/** What says of a cluster that it is one. */
export const ENVIRONMENT_LABEL = 'drawbridge.dev/environment';
const PRODUCTION = /(^|[^a-z])(prod|prd|production|live)([^a-z]|$)/i;
const GATEWAY = /\/connections\/[^/]+/;

/** Connections that are known, of the session and of a configuration. */
export interface KnownConnection {
  readonly name: string;
  readonly environment: string;
  readonly server?: string | undefined;
  /** Host names of the gateway that stand for it. */
  readonly hosts?: readonly string[] | undefined;
}

type Access = Pick<ClusterAccess, 'names' | 'server' | 'serverName'>;

/**
 * Refuses a cluster that is production, or might be, by what it is called and where it is. What Drawbridge itself opens
 * is refused too: a session would be recorded of a session.
 *
 * @throws CliError `rerun_production_name`, `rerun_production_server`
 */
export function refuseProductionNames(
  { names, server, serverName = '' }: Access,
  connections: readonly KnownConnection[],
): void {
  const production = connections.filter(({ environment }) => PRODUCTION.test(environment));
  const named = names.find(
    (name) =>
      PRODUCTION.test(name) ||
      production.some((known) => [known.name, `drawbridge-${known.name}`].includes(name)),
  );
  if (named !== undefined) {
    throw refused('rerun_production_name', `"${named}" is called like a production cluster`);
  }
  const isHost = connections.some(({ hosts = [] }) => hosts.includes(server.hostname));
  if (isHost || GATEWAY.test(server.pathname)) throw theGateway(server);
  if (production.some((known) => originOf(known.server) === server.origin)) throw theirs(server);
  if ([server.hostname, serverName].some((host) => PRODUCTION.test(host))) {
    const message = `the address ${server.origin} looks like one of production`;
    throw refused('rerun_production_server', message);
  }
}

const theGateway = (server: URL): CliError =>
  refused('rerun_production_server', `${server.href} is the gateway of Drawbridge`);
const theirs = (server: URL): CliError =>
  refused(
    'rerun_production_server',
    `the address ${server.origin} is that of a production connection`,
  );

/** The addresses of a host; of none that is not known here. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const addressesOf: Resolve = async (host) => {
  const plain = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const found = await lookup(plain, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
};

/**
 * Refuses a cluster that is at the address of a production connection, whatever its host is called.
 *
 * @throws CliError `rerun_production_server`
 */
export async function refuseProductionAddress(
  { server }: Pick<ClusterAccess, 'server'>,
  connections: readonly KnownConnection[],
  resolve: Resolve = addressesOf,
): Promise<void> {
  const own = new Set(await resolve(server.hostname));
  for (const { environment, server: address } of connections) {
    if (address === undefined || !PRODUCTION.test(environment)) continue;
    const known = new URL(address);
    if (portOf(known) !== portOf(server)) continue;
    const theirAddresses = await resolve(known.hostname);
    if (theirAddresses.some((one) => own.has(one))) throw theirs(server);
  }
}

const portOf = ({ port }: URL): string => (port === '' ? '443' : port);

/** Has a segment that the gateway refuses to read, whoever asks, and that means nothing to a cluster. */
const PROBE = '/%5C';

/**
 * Refuses the gateway itself, under whatever name and path it is reached.
 *
 * @throws CliError `rerun_production_server`, `rerun_cluster_failed`
 */
export async function refuseGateway(
  { server }: Pick<ClusterAccess, 'server'>,
  call: (call: MadeCall) => Promise<ClusterAnswer>,
): Promise<void> {
  const answer = await call({ method: 'GET', target: PROBE, accept: 'application/json' });
  if (answer.isOfGateway) throw theGateway(server);
}

const Labelled = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/**
 * Refuses a cluster that says of itself that it is production, or that does not let us see what it says.
 *
 * @throws CliError `rerun_production_label`, `rerun_cluster_failed`
 */
export async function refuseProductionLabels(
  call: (call: MadeCall) => Promise<MadeAnswer>,
): Promise<void> {
  const answers: MadeAnswer[] = [];
  for (const namespace of ['kube-system', 'default']) {
    const target = `/api/v1/namespaces/${namespace}`;
    answers.push(await call({ method: 'GET', target, accept: 'application/json' }));
  }
  const seen = answers.filter(({ status }) => status === 200).map(({ body }) => told(body));
  if (seen.length === 0) {
    const message =
      'neither namespace kube-system nor default can be read, so nothing says that it is no production';
    throw refused('rerun_production_label', message);
  }
  const value = seen.find((word) => word !== undefined && PRODUCTION.test(word));
  if (value === undefined) return;
  throw refused('rerun_production_label', `the cluster is labelled ${ENVIRONMENT_LABEL}=${value}`);
}

function told(body: string): string | undefined {
  const { metadata } = Labelled.parse(JSON.parse(body));
  return metadata.labels[ENVIRONMENT_LABEL] ?? metadata.annotations[ENVIRONMENT_LABEL];
}

const originOf = (server: string | undefined): string | undefined =>
  server === undefined ? undefined : new URL(server).origin;

const refused = (
  code: 'rerun_production_name' | 'rerun_production_server' | 'rerun_production_label',
  message: string,
): CliError =>
  new CliError(code, message, {
    advice: 'sessions are made again in the sandbox, or on a cluster that nobody needs',
  });
