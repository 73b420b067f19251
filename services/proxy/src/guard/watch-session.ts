import { fileTransfersOf, unfoldArgv } from '@drawbridge/guardrails';
import type { Clock } from '@drawbridge/kernel';
import type { Guarded } from '../chain/guard-call.js';
import { SessionRefused } from '../channels/session-refused.js';
import { SessionWatch, type TypedRule } from '../channels/session-watch.js';
import { denialWords } from './denial.js';
import { recordedRule } from './guard-members.js';
import type { GuardrailsInForce } from './guardrails-in-force.js';
import { execOf } from './call-under-guard.js';
import { TypedUnderGuard, typedWhere, type TypedScript } from './typed-under-guard.js';
import { warningWords } from './warned-answer.js';

export interface WatchSessionParts {
  readonly inForce: Pick<GuardrailsInForce, 'rails' | 'connection'>;
  readonly clock: Clock;
}

/**
 * Watches a session in which a shell, or whatever runs there, takes commands from the client: each is judged by the
 * guardrails in force when it is typed, as if it had been given to `exec`.
 *
 * @returns `undefined` when there is nothing to watch
 */
export function watchSession(parts: WatchSessionParts, call: Guarded): SessionWatch | undefined {
  const { kube, channel } = call;
  if (kube.kind !== 'resource' || channel?.handshake.kind !== 'remoteCommand') return undefined;
  const exec = execOf(kube);
  const unfolded = unfoldArgv(exec.argv);
  // Into anything else with a terminal somebody types too, and it may start a shell.
  const isTyped = exec.stdin && (exec.tty || unfolded.interactive || kube.subresource === 'attach');
  const transfers = fileTransfersOf(unfolded);
  if (!isTyped && transfers.length === 0) return undefined;
  // There may be thousands of lines in one piece of input.
  const where = typedWhere(kube);
  const judge = (script: string) => judgeTyped(parts, { call, where }, script);
  return new SessionWatch({ tty: exec.tty, judge: isTyped ? judge : undefined, transfers });
}

/**
 * @returns what is met
 * @throws {@link SessionRefused}
 */
function judgeTyped(
  { inForce, clock }: WatchSessionParts,
  { call, where }: Pick<TypedScript, 'call' | 'where'>,
  script: string,
): readonly TypedRule[] {
  const { rails } = inForce;
  if (rails.about(where.request).length === 0) return [];
  const connection = inForce.connection(call.connection);
  // Then the session is about to be cut.
  if (connection === undefined) return [];
  const judgement = rails.judge(
    new TypedUnderGuard({ call, where, connection, script, now: clock() }),
  );
  const decision =
    judgement.kind === 'decided' ? judgement.decision : judgement.decide(call.seen ?? {});
  // What the session itself met was settled when it was opened: nobody is asked again for each line.
  const settled = new Set(call.guard.matched.map(({ rule }) => rule));
  const met = decision.matched.filter(({ rule }) => !settled.has(rule));
  const stops = met.find(({ action }) => action === 'deny' || action === 'hold');
  if (stops !== undefined) {
    throw new SessionRefused('guardrail_denied', denialWords(stops), stops.rule);
  }
  return met.map((rule) => ({
    ...recordedRule(rule),
    ...(rule.action === 'warn' && { warning: `Warning: ${warningWords(rule)}` }),
  }));
}
