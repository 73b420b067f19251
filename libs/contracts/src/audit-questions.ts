import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { ActionDocument } from './action-document.js';
import { CommandOutcome } from './audit-view.js';

/*
 * The rows of the answers to questions about the record. They are flat, so that the same row stands in JSON, in a line
 * of CSV and in a row of Parquet; the order of the fields is that of the columns.
 */

const count = z.int().min(0);
/** Whose call it was. */
export const agent = {
  agentIssuer: z.string(),
  /** Empty where the token was refused. */
  agentSubject: z.string(),
  /** As the agent's token said at that time; empty when it named nobody. */
  agentOwner: z.string(),
};
export const target = {
  verb: z.string(),
  apiGroup: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
};
/** Of what is no resource, such as discovery, which has nothing else to be known by; empty otherwise. */
export const path = z.string();
const span = { firstAt: Instant, lastAt: Instant };

/** Who touched an object: one row for each agent, grant and namespace. */
export const TouchedRow = z.strictObject({
  ...agent,
  connection: ConnectionName,
  /** Empty for what belongs to none. */
  namespace: z.string(),
  grantId: z.uuid().optional(),
  accessRequestId: z.uuid().optional(),
  /** `object`: calls on the object by its name. `collection`: calls that may have created or deleted it unnamed. */
  reach: z.enum(['object', 'collection']),
  calls: count,
  /** Of the calls, those that were let through and are not get, list or watch, and channels into pods. */
  changes: count,
  refused: count,
  /** With subresources: `get`, `create exec`. */
  verbs: z.array(z.string()),
  ...span,
});
export type TouchedRow = z.infer<typeof TouchedRow>;

/** What an agent did: one row for each kind of call, day or grant. */
export const ActivityRow = z.strictObject({
  connection: ConnectionName,
  /** Only by day: in UTC. */
  day: z.iso.date().optional(),
  /** Only by grant. */
  grantId: z.uuid().optional(),
  verb: target.verb.optional(),
  apiGroup: target.apiGroup.optional(),
  resource: target.resource.optional(),
  subresource: target.subresource.optional(),
  namespace: target.namespace.optional(),
  calls: count,
  changes: count,
  refused: count,
  held: count,
  masked: count,
  /** Let through, and answered with an error by the cluster. */
  failed: count,
  /** How many different names were called by. */
  objects: count,
  responseBytes: count,
  ...span,
});
export type ActivityRow = z.infer<typeof ActivityRow>;

/** How a call was kept from happening, or from being seen, as it was asked for. */
export const BlockedKind = z.enum(['refused', 'denied', 'held', 'masked', 'cut']);
export type BlockedKind = z.infer<typeof BlockedKind>;

/** What was refused by the grants, denied or held by guardrails, masked or cut: one row for each rule and reason. */
export const BlockedRow = z.strictObject({
  kind: BlockedKind,
  /** The guardrail, `<document>/<rule>`; empty where none says so. */
  rule: z.string(),
  /** Stable code, as in docs/errors.md where it is a refusal. */
  reason: z.string(),
  calls: count,
  /** Of the calls, those that went to the cluster all the same: released, or with masked answers. */
  passed: count,
  agents: count,
  connections: z.array(ConnectionName),
  ...span,
});
export type BlockedRow = z.infer<typeof BlockedRow>;

/** One call, as questions list it; all of it is what `GET /v1/audit/commands` shows. */
export const CallRow = z.strictObject({
  id: z.uuid(),
  receivedAt: Instant,
  ...agent,
  connection: ConnectionName,
  grantId: z.uuid().optional(),
  ...target,
  outcome: CommandOutcome,
  statusCode: z.int().optional(),
  reason: z.string(),
  rule: z.string(),
  /** How it was blocked; empty when it was not. */
  kinds: z.array(BlockedKind),
  path,
});
export type CallRow = z.infer<typeof CallRow>;

/** What ran outside of business hours: one row for each agent, connection and local day. */
export const OffHoursRow = z.strictObject({
  /** Where the business hours are meant. */
  day: z.iso.date(),
  ...agent,
  connection: ConnectionName,
  calls: count,
  changes: count,
  refused: count,
  ...span,
});
export type OffHoursRow = z.infer<typeof OffHoursRow>;

/** What two sessions did: one row for each kind of call. */
export const SessionDiffRow = z.strictObject({
  side: z.enum(['one', 'other', 'both']),
  ...target,
  oneCalls: count,
  otherCalls: count,
  /** HTTP status, or what else became of them, each once. */
  oneOutcomes: z.array(z.string()),
  otherOutcomes: z.array(z.string()),
});
export type SessionDiffRow = z.infer<typeof SessionDiffRow>;

/** How a person decided: one row for each who did. */
export const ApproverRow = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  /** Empty when the token named none. */
  email: z.string(),
  approved: count,
  denied: count,
  /** Approvals of theirs that were taken back, or counted no more. */
  voided: count,
  /** Of the decisions, those on more time for a running grant. */
  extensions: count,
  reviews: count,
  /** Grants that they had without an approver. */
  brokeGlass: count,
  /** From when it was asked, or their step was open, until they decided. */
  medianSeconds: z.number().optional(),
  p95Seconds: z.number().optional(),
  ...span,
});
export type ApproverRow = z.infer<typeof ApproverRow>;

/** How long an approval took: one row for each request, and each extension of its grant. */
export const ApprovalRow = z.strictObject({
  accessRequestId: z.string(),
  /** 1 is the request itself, each extension one more. */
  round: count,
  ...agent,
  connection: z.string(),
  askedAt: Instant,
  /** `unasked`: policy asked nobody. `break_glass`: nobody was asked beforehand. */
  outcome: z.enum(['waiting', 'approved', 'rejected', 'lapsed', 'unasked', 'break_glass']),
  decidedAt: Instant.optional(),
  /** From the question to the decision. */
  seconds: z.number().optional(),
  /** E-mail address, or the subject of who has none. */
  approvers: z.array(z.string()),
  deniers: z.array(z.string()),
  /** That were decided, in their order; empty without a sequence of steps. */
  steps: z.array(z.string()),
  /** Of break-glass: what the review came to. */
  verdict: z.string().optional(),
  /** Of break-glass: from when the review was asked for until it was done. */
  reviewSeconds: z.number().optional(),
});
export type ApprovalRow = z.infer<typeof ApprovalRow>;

/** What a grant allowed and nobody used: one row for each grant. */
export const UnusedRow = z.strictObject({
  grantId: z.uuid(),
  accessRequestId: z.string(),
  issuedAt: Instant,
  ...agent,
  connection: ConnectionName,
  policy: z.string(),
  /** Empty where rules were asked for. */
  action: z.string(),
  calls: count,
  unusedVerbs: z.array(z.string()),
  unusedResources: z.array(z.string()),
  unusedNamespaces: z.array(z.string()),
  unusedNames: z.array(z.string()),
  grantedSeconds: count,
  /** From the start of the grant to the end of its last call. */
  usedSeconds: count,
  /** Whether less would have done: fewer rules, or half of the time. */
  wider: z.boolean(),
});
export type UnusedRow = z.infer<typeof UnusedRow>;

/** What would have done for all grants of one policy and action in the time that was asked about. */
export const NarrowerScope = z.strictObject({
  policy: z.string(),
  action: z.string(),
  connections: z.array(ConnectionName),
  grants: count,
  /** Of the grants, those that no call was made by. */
  idleGrants: count,
  grantedSeconds: count,
  /** That all but the longest twentieth of the grants would have done with. */
  neededSeconds: count,
  /** Absent when no grant was used: then nothing is needed. Of an action, `{parameter}` stands for its values. */
  rules: ActionDocument.shape.spec.shape.rules.optional(),
  /** An `Action` document that allows what was used and nothing else; absent when no grant was used. */
  yaml: z.string().optional(),
});
export type NarrowerScope = z.infer<typeof NarrowerScope>;

/** One page of an answer. */
export const questionPage = <Row extends z.ZodType>(row: Row) =>
  z.strictObject({
    /** What was looked at; `until` is when the first page was asked for, where none was given. */
    since: Instant.optional(),
    until: Instant,
    items: z.array(row),
    /** Goes into `cursor` of the next call; absent on the last page. */
    nextCursor: z.string().optional(),
  });

/** `GET /v1/audit/unused` in JSON: the grants of a page, and what would have done for all grants on it. */
export const UnusedPage = questionPage(UnusedRow).extend({ narrower: z.array(NarrowerScope) });
export type UnusedPage = z.infer<typeof UnusedPage>;
