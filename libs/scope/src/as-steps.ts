import type {
  AccessTerms,
  ApprovalRequirement,
  Principal,
  StepsRequirement,
} from '@drawbridge/contracts';
import { beginStanding } from './approval-standing.js';
import type { ApprovedTerms, Parties, Standing } from './step-approval.js';

type Humans = Extract<ApprovalRequirement, { type: 'humans' }>;

/** "So many humans of these groups" as the one step that it is, so that old histories are counted by the same rule. */
export function asSteps({ count, groups, excludeOwner, timeoutSeconds }: Humans): StepsRequirement {
  return {
    type: 'steps',
    order: 'parallel',
    steps: [{ type: 'humans', name: 'approval', count, groups }],
    denyThreshold: 1,
    excludeOwner,
    timeoutSeconds,
  };
}

/** What of the terms says on whose behalf they were asked. */
export interface OnBehalfOf {
  readonly onBehalfOf?: Omit<NonNullable<AccessTerms['onBehalfOf']>, 'proof'> | undefined;
}

/** The human on whose behalf terms were asked, as far as terms tell of them. */
export function behalfOf({ onBehalfOf }: OnBehalfOf): Principal | undefined {
  if (onBehalfOf === undefined) return undefined;
  const { issuer, subject, email } = onBehalfOf;
  const human = { kind: 'human' as const, issuer, subject, groups: [] };
  return email === undefined ? human : { ...human, email };
}

/** Everybody who has no say in what this principal asks for. */
export function partiesOf(requester: Principal, terms: OnBehalfOf = {}): Parties {
  const { sponsor } = requester;
  const onBehalfOf = behalfOf(terms);
  return {
    requester,
    ...(sponsor === undefined ? {} : { sponsor }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
  };
}

/** A requirement that asks somebody. */
export type AskingRequirement = Exclude<ApprovalRequirement, { type: 'none' }>;

/**
 * How an approval of any form stands when humans were just asked. Where they were not asked in steps the terms
 * stay as they are: who reads no steps would not see that somebody gave less.
 */
export function beginApproval(asked: {
  readonly approval: AskingRequirement;
  readonly requester: Principal;
  readonly terms: ApprovedTerms & OnBehalfOf & { readonly ticket?: string | undefined };
  readonly at: string;
  /** It is about more time for a grant that runs: with the rules that it has, and by whoever logs in for that. */
  readonly isExtension?: boolean;
}): Standing {
  const { approval, requester, at, isExtension = false } = asked;
  const { rules, durationSeconds, ticket } = asked.terms;
  const fixed = {
    parties: partiesOf(requester, asked.terms),
    terms: { rules, durationSeconds },
    ...(ticket === undefined ? {} : { ticket }),
    at,
    ...(isExtension ? ({ areRulesFixed: true, loginSince: at } as const) : {}),
  };
  return approval.type === 'steps'
    ? beginStanding({ requirement: approval, ...fixed })
    : beginStanding({ requirement: asSteps(approval), ...fixed, isFixed: true });
}
