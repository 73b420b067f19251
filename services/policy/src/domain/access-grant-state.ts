import type { AccessRequestInput, Behalf, Principal, StepUpProof } from '@drawbridge/contracts';
import type { ExtensionRounds } from '@drawbridge/scope';
import type { AgreedRound } from './approver-lost.js';
import type { ValidatedExtension } from './extension-state.js';
import type { FixedRequest } from './still-allowed.js';

/**
 * What policy knows of one access request and its grant. `pending` is validated and not granted yet;
 * `granted` may have an end that policy has not recorded yet; `closed` is for ever.
 */
export type AccessGrant =
  | { readonly status: 'absent' }
  | {
      readonly status: 'requested';
      readonly requester: Principal;
      readonly request: AccessRequestInput;
      readonly requestedAt: string;
      /** The login it was asked with. */
      readonly proof?: StepUpProof;
      readonly behalf?: Behalf;
    }
  | ({
      readonly status: 'pending';
      /** The approval service has taken it on, and sees to it that it ends. */
      readonly isAsked: boolean;
      /** The approval service says the quorum is reached. Not believed: see `decideIssue`. */
      readonly isApproved: boolean;
      /** Somebody said no; where one no is enough, whoever it was. */
      readonly isRefused: boolean;
      /** An approval was taken away again. */
      readonly isVoided: boolean;
    } & FixedRequest)
  | ({
      readonly status: 'granted';
      readonly grantId: string;
      readonly issuedAt: string;
      /** The groups by which the policy covers the agent; absent: not noted. */
      readonly requiredGroups?: readonly string[];
      readonly startsAt: string;
      /** As it was issued, or as it was extended since. */
      readonly endsAt: string;
      readonly rounds: ExtensionRounds;
      /** What was last asked for beside the grant itself, and when. */
      readonly extensionAskedAt?: string;
      /** What humans have said to the rounds by which it was extended; absent: nobody was asked. */
      readonly extendedBy?: readonly AgreedRound[];
      /** The open round, once it was validated. */
      readonly extension?: ValidatedExtension;
      readonly withdrawnBy?: Principal;
      /** The first who ordered its end. */
      readonly ordered?: { readonly by: Principal; readonly reason: string };
    } & FixedRequest)
  | { readonly status: 'closed' };
