import type { MadeAnswer, MadeCall } from '@drawbridge/replay';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
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
}

/**
 * Refuses a cluster that is production, or might be, by what it is called and where it is. What Drawbridge itself opens
 * is refused too: a session would be recorded of a session.
 *
 * @throws CliError `rerun_production_name`, `rerun_production_server`
 */
export function refuseProductionNames(
  { names, server }: Pick<ClusterAccess, 'names' | 'server'>,
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
  const isKnown = production.some((known) => originOf(known.server) === server.origin);
  if (isKnown || GATEWAY.test(server.pathname) || PRODUCTION.test(server.hostname)) {
    const what = isKnown ? 'is that of a production connection' : 'looks like one of production';
    const message = GATEWAY.test(server.pathname)
      ? `${server.href} is the gateway of Drawbridge`
      : `the address ${server.origin} ${what}`;
    throw refused('rerun_production_server', message);
  }
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
