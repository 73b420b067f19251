import type { DescribedCall } from '@drawbridge/guardrails';
import { CliError } from '../cli-error.js';
import type { SharedOptions } from '../commands/command-context.js';
import { parseInstant } from './duration.js';

/** Options of `drawbridge policy explain`. */
export interface ExplainOptions extends SharedOptions {
  readonly config: string;
  readonly namespace?: string;
  readonly dryRun?: true;
  readonly object?: string;
  readonly oldObject?: string;
  readonly fieldManager?: string;
  readonly contentType?: string;
  readonly container?: string;
  readonly tty?: true;
  readonly stdin?: true;
  readonly connection?: string;
  readonly environment?: string;
  readonly label: readonly string[];
  readonly agent?: string;
  readonly issuer?: string;
  readonly group: readonly string[];
  readonly owner?: string;
  readonly claim: readonly string[];
  readonly action?: string;
  readonly policy?: string;
  readonly approver: readonly string[];
  readonly ticket?: string;
  readonly at?: string;
}

/**
 * The call that words and options describe together.
 *
 * @throws CliError `usage_invalid`
 */
export function describeCall(
  words: DescribedCall,
  options: ExplainOptions,
  now: Date,
): DescribedCall {
  const { argv } = words.exec ?? {};
  const { container, tty, stdin } = options;
  return {
    ...words,
    ...requestOptions(options),
    ...(argv && { exec: { argv, container, tty, stdin } }),
    now: options.at === undefined ? now.toISOString() : parseInstant(options.at, '--at', now),
    ...peopleOptions(options),
  };
}

function requestOptions(options: ExplainOptions): DescribedCall {
  const { namespace, dryRun, fieldManager, contentType } = options;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(dryRun && { dryRun }),
    ...(fieldManager !== undefined && { fieldManager }),
    ...(contentType !== undefined && { contentType }),
  };
}

function peopleOptions(options: ExplainOptions): DescribedCall {
  return {
    agent: {
      ...{ subject: options.agent, issuer: options.issuer, owner: options.owner },
      ...{ groups: [...options.group], claims: pairsOf('--claim', options.claim) },
    },
    connection: {
      ...(options.connection !== undefined && { name: options.connection }),
      ...(options.environment !== undefined && { environment: options.environment }),
      ...(options.label.length > 0 && { labels: pairsOf('--label', options.label) }),
    },
    grant: {
      ...{ action: options.action, policy: options.policy, ticket: options.ticket },
      approvers: [...options.approver],
    },
  };
}

function pairsOf(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError('usage_invalid', `${option}: expected name=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
