import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { describeRules } from '@drawbridge/scope';
import { stepsOf } from '../domain/steps-of.js';
import { tellStory } from '../domain/request-story.js';

/** What a ticket system needs to show its people what they decide, and to say what they were shown. */
export interface ToldApproval {
  readonly ticket?: string;
  /** To be sent back as `seen`. */
  readonly termsVersion: number;
  /** The step that is this ticket system's word. */
  readonly step: string;
  /** Whether it can be decided now. */
  readonly isOpen: boolean;
  readonly requester: string;
  readonly connection: string;
  readonly environment: string;
  readonly plainWords: readonly string[];
  readonly durationSeconds: number;
  readonly reason: string;
  readonly risk: string;
}

/**
 * How a request stood just behind an event, so that it is the same at every attempt; `undefined` where it does not ask
 * this ticket system, or not yet.
 */
export function toldApproval(
  events: readonly RecordedEvent<AccessEvent>[],
  { sequence, webhook }: { readonly sequence: number; readonly webhook: string },
): ToldApproval | undefined {
  const story = tellStory(events.filter((recorded) => recorded.sequence <= sequence));
  if (story?.standing === undefined) return undefined;
  const step = stepsOf(story).find(({ ticket }) => ticket?.webhook === webhook);
  if (step === undefined) return undefined;
  const { requester, terms, risk, standing, status } = story;
  const { ticket, connection, environment, durationSeconds, reason } = terms;
  return {
    ...(ticket === undefined ? {} : { ticket }),
    termsVersion: standing.termsVersion,
    step: step.name,
    isOpen: status === 'pending' && step.isOpen,
    requester: requester.email ?? requester.subject,
    connection,
    environment,
    plainWords: describeRules(terms.rules),
    durationSeconds,
    reason,
    risk: risk.level,
  };
}
