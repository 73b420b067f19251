import type { LoggerService } from '@nestjs/common';
import {
  ConfigurationError,
  formatProblem,
  watchConfiguration,
  type Configuration,
} from '@drawbridge/configuration';
import { ConfigInvalid } from '@drawbridge/runtime';
import { compilePolicies } from './compile-policies.js';
import type { PolicySet } from './domain/policy-set.js';
import type { TicketSource } from './facts/ticket-states.js';

export interface PoliciesInForce {
  /** The last good ones. */
  current(): PolicySet;
  /** Whether those of this version were in force here, and others are now. */
  haveReplaced(version: string): boolean;
  /** Ticket systems that tell the states of tickets. */
  ticketSources(): readonly TicketSource[];
  /** Whether they are what the directory says now. */
  areCurrent(): boolean;
  close(): Promise<void>;
}

export interface PoliciesInForceOptions {
  readonly directory: string;
  readonly logger: LoggerService;
  /** Called after others came into force. */
  readonly onChange: () => void;
}

/** Versions of the past that are known; a grant is seldom issued under any but the last. */
const REMEMBERED = 100;

/**
 * Loads the policies and follows their directory.
 *
 * @throws {@link ConfigInvalid} when the directory cannot be used at the start; later that is only logged
 */
export async function followPolicies({
  directory,
  logger,
  onChange,
}: PoliciesInForceOptions): Promise<PoliciesInForce> {
  let current: PolicySet;
  let sources: readonly TicketSource[];
  let versions: readonly string[] = [];
  const take = (configuration: Configuration) => {
    current = compilePolicies(configuration);
    const { version } = current;
    versions = [...versions.filter((one) => one !== version), version].slice(-REMEMBERED);
    sources = ticketSourcesOf(configuration);
    logger.log({
      msg: 'policies in force',
      version,
      policies: current.policies.map(({ name }) => name),
    });
    for (const warning of configuration.warnings) logger.warn({ msg: formatProblem(warning) });
  };
  const watcher = await watchConfiguration(directory, {
    only: ['Action', 'Connection', 'Policy', 'Human', 'Schedule', 'Risk', 'Webhook'],
    onChange: (configuration) => {
      take(configuration);
      onChange();
    },
    onError: (error) => {
      const reason = error instanceof Error ? error.message : 'unknown error';
      logger.error({ msg: `policies not reloaded, those before stay in force: ${reason}` });
    },
  }).catch((error: unknown) => {
    throw error instanceof ConfigurationError ? unusable(error) : error;
  });
  take(watcher.current);
  return {
    current: () => current,
    haveReplaced: (version) => version !== current.version && versions.includes(version),
    ticketSources: () => sources,
    areCurrent: () => watcher.error === undefined,
    close: () => watcher.close(),
  };
}

const ticketSourcesOf = ({ webhooks }: Configuration): readonly TicketSource[] =>
  webhooks.flatMap(({ metadata: { name }, spec: { ticketState: state, allowInsecureHttp } }) =>
    state === undefined ? [] : [{ name, state, allowInsecureHttp }],
  );

function unusable({ problems }: ConfigurationError): ConfigInvalid {
  return new ConfigInvalid(
    problems.map((problem) => ({ variable: 'CONFIG_DIR', message: formatProblem(problem) })),
  );
}
