export { allows, namesAllowed } from './allows.js';
export { beginStanding, continueStanding, whyNotCounted } from './approval-standing.js';
export {
  asSteps,
  beginApproval,
  behalfOf,
  partiesOf,
  type AskingRequirement,
  type OnBehalfOf,
} from './as-steps.js';
export { bothApprovals } from './both-approvals.js';
export { blastRadius } from './blast-radius.js';
export { builtinResource, type BuiltinResource } from './builtin-resources.js';
export { cutToNamespaces, namespacesOutside } from './cut-to-namespaces.js';
export { describeRule, describeRules, summarizeRules } from './describe-rules.js';
export { fillPlaceholders, placeholdersOf, type PlaceholderUse } from './fill-placeholders.js';
export {
  describeLimits,
  isUsedUp,
  limitExceeded,
  limitsWithin,
  type Used,
} from './grant-limits.js';
export { grantWindow, windowEndMs } from './grant-window.js';
export { intersectRules } from './intersect-rules.js';
export { keepWithin } from './keep-within.js';
export { parseLabels } from './parse-labels.js';
export {
  describeResolved,
  isSelective,
  kindText,
  matchesPattern,
  namesFor,
  namespacesOf,
  patternsText,
  plainRules,
  selectorText,
  type ResolvedFor,
} from './plain-rules.js';
export {
  foldRounds,
  MAX_GRANT_SECONDS,
  noRounds,
  roundRefusals,
  whyNoRound,
  type AskedExtension,
  type ExtensionRounds,
  type RoundRefusal,
} from './extension-rounds.js';
export { factOfEvent, narrowingOf, roundOf } from './fact-of-event.js';
export {
  approverRefusal,
  countApprovers,
  hasKnownOwner,
  isSameHuman,
  likenessTo,
  type ApproverRefusal,
} from './quorum.js';
export { partOutside, within, type PartOutside } from './within.js';
export type {
  ApprovalFact,
  ApprovalVia,
  ApprovedTerms,
  AskedSteps,
  CountedApproval,
  FactOf,
  Parties,
  PartyRefusal,
  Standing,
  StepProgress,
  StepRefusal,
} from './step-approval.js';
export { seatPeople } from './seat-matching.js';
export { groupsOf, partyRefusal, stepUpRefusal, type StepUpShortfall } from './step-eligibility.js';
export { dueSteps, type DueStep } from './step-deadlines.js';
export { missingOf, openSteps, outcomeOf, type Missing } from './step-progress.js';
