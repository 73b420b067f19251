export {
  bodySha256,
  callDigest,
  holdIdOf,
  isGenuineHold,
  type HoldIdentity,
} from './call-digest.js';
export { callWords } from './call-words.js';
export {
  hold,
  standingOf,
  type HoldCommand,
  type HoldStanding,
  type OpenGrantFacts,
} from './domain/hold.js';
export {
  disabledBy,
  explainApproverRefusal,
  holdApproverRefusal,
  missingApprovals,
} from './domain/hold-approver.js';
export type { HoldRequest, HoldUsage } from './domain/hold-command.js';
export { DENIAL_SECONDS, MAX_HELD_CHARACTERS, type HoldLimits } from './domain/hold-limits.js';
export {
  heldCallStatuses,
  HoldRefused,
  type HoldDecisionRefusal,
  type HoldingRefusal,
  type HoldRefusal,
  type ReleaseRefusal,
} from './domain/hold-refused.js';
export type { Hold, HoldOutcome } from './domain/hold-state.js';
export { HeldCalls, HOLDS_MATTER_MS } from './held-calls.js';
export {
  HoldDesk,
  type CallToHold,
  type HoldDeskOptions,
  type HoldTicket,
  type Release,
} from './hold-desk.js';
export type { Waiting } from './wait-for-change.js';
