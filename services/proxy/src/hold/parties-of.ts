import {
  approverGroupsOf,
  type AccessEvent,
  type AccessTerms,
  type HoldApprovers,
  type HoldEventData,
} from '@drawbridge/contracts';
import type { EventStore } from '@drawbridge/kernel';

/** What an access request says about the calls under its grant. */
export interface HoldParties {
  readonly purpose: { readonly reason: string; readonly ticket?: string };
  readonly environment: string;
  /** Without groups when nobody had to approve the request: then only those can approve a call whom a guardrail names. */
  readonly approvers: HoldApprovers;
  /** The human for whom it was asked: decides nothing, whoever a guardrail names. */
  readonly onBehalfOf?: NonNullable<HoldEventData<'CommandHeld'>['onBehalfOf']>;
}

/** Reads from its history who decides about calls under a grant, unless a guardrail says: those who decide about the grant itself. */
export async function partiesOf(
  requests: Pick<EventStore<AccessEvent>, 'load'>,
  accessRequestId: string,
): Promise<HoldParties | undefined> {
  const { events } = await requests.load(accessRequestId);
  const validated = events.flatMap(({ event }) =>
    event.type === 'AccessRequestValidated' ? [event.data] : [],
  );
  const last = validated.at(-1);
  if (last === undefined) return undefined;
  const { terms, approval } = last;
  const { reason, ticket, environment, onBehalfOf } = terms;
  return {
    purpose: { reason, ...(ticket !== undefined && { ticket }) },
    environment,
    approvers: { groups: approverGroupsOf(approval) },
    ...(onBehalfOf !== undefined && { onBehalfOf: personOf(onBehalfOf) }),
  };
}

const personOf = ({ issuer, subject, email }: NonNullable<AccessTerms['onBehalfOf']>) => {
  return { issuer, subject, ...(email !== undefined && { email }) };
};
