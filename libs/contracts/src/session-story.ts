import { z } from 'zod';
import { ConnectionName, Instant, RequestId } from './access-terms.js';
import { AuditCommand } from './audit-view.js';
import { Principal } from './principal.js';

/** Something that happened to the access request of a session or to its grant, in words for people. */
export const StoryMoment = z.strictObject({
  at: Instant,
  /** Type of the event, and its position in the stream ACCESS. */
  type: z.string(),
  sequence: z.int(),
  /** Who did it: an e-mail address or subject, or the name of a service. */
  by: z.string(),
  words: z.string(),
});
export type StoryMoment = z.infer<typeof StoryMoment>;

/** One fact about a hold, or about what a human did to a running session. */
export const StoryHoldMoment = z.strictObject({
  at: Instant,
  type: z.string(),
  by: z.string(),
  words: z.string(),
});
export type StoryHoldMoment = z.infer<typeof StoryHoldMoment>;

/** A difference between an object before and after a write; without `before` it is new, without `after` it is gone. */
export const StoryChange = z.strictObject({
  /** Where in the object: `spec.template.spec.containers[0].image`. */
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type StoryChange = z.infer<typeof StoryChange>;

/** Why nothing can be said of what a write changed. */
export const NoChangesKnown = z.enum([
  'not_recorded',
  'not_whole',
  'not_json',
  'no_object',
  'too_large',
]);
export type NoChangesKnown = z.infer<typeof NoChangesKnown>;

/** What a write changed. */
export const StoryChanges = z.strictObject({
  /** Absent: nothing can be said, and `unknown` says why. */
  changes: z.array(StoryChange).optional(),
  /** So many more are not listed. */
  more: z.int().positive().optional(),
  unknown: NoChangesKnown.optional(),
  /** Of a write that the cluster refused: nothing changed, and its answer says why. */
  refusal: z.string().optional(),
});
export type StoryChanges = z.infer<typeof StoryChanges>;

/** What is kept of what went through a channel, a log or a watch. */
export const StoryRecording = z.strictObject({
  /** `exec`, `attach`, `port-forward`, `log`, `watch`. */
  kind: z.string(),
  chunks: z.int(),
  /** Whether its end is recorded. */
  isWhole: z.boolean(),
  argv: z.array(z.string()).optional(),
});
export type StoryRecording = z.infer<typeof StoryRecording>;

/** One call of a session, and what belongs to it. */
export const StoryCall = z.strictObject({
  command: AuditCommand,
  /** Whether it would have changed nothing, since it asked for a dry-run. */
  isDryRun: z.boolean(),
  /** Whether it was made under the grant; else it was refused to the same agent on the same connection meanwhile. */
  isOfGrant: z.boolean(),
  hold: z
    .strictObject({ id: z.string(), reason: z.string(), moments: z.array(StoryHoldMoment) })
    .optional(),
  /** Of writes. */
  changed: StoryChanges.optional(),
  recording: StoryRecording.optional(),
  /** Who paused it, let it go on or cut it while it ran, the oldest first. Absent where nobody did. */
  orders: z.array(StoryHoldMoment).optional(),
});
export type StoryCall = z.infer<typeof StoryCall>;

/** How a session ended, or that nothing came of the request. */
export const StoryEnd = z.strictObject({
  at: Instant,
  type: z.string(),
  by: z.string(),
  words: z.string(),
});
export type StoryEnd = z.infer<typeof StoryEnd>;

/** Numbers of a whole session, whatever page of it is shown. */
export const StoryTotals = z.strictObject({
  calls: z.int(),
  /** Of them: those that were not forwarded. */
  refused: z.int(),
  /** Of them: those that ask for a change or open a channel, and were forwarded. */
  changes: z.int(),
  held: z.int(),
  masked: z.int(),
  /** Refused to the agent on the connection meanwhile, by no grant of this session. */
  refusedBeside: z.int(),
});
export type StoryTotals = z.infer<typeof StoryTotals>;

/** A session as `GET /v1/audit/sessions/{id}` tells it: an access request, its grant and the calls made under it. */
export const SessionStory = z.strictObject({
  accessRequestId: RequestId,
  connection: ConnectionName,
  /** Absent until policy said so. */
  environment: z.string().optional(),
  agent: Principal,
  asked: z.strictObject({
    at: Instant,
    reason: z.string(),
    ticket: z.string().optional(),
    durationSeconds: z.int(),
    /** What was asked for, one line each. */
    scope: z.array(z.string()),
    onBehalfOf: z.string().optional(),
    runId: z.string().optional(),
    isBreakGlass: z.boolean(),
  }),
  /** Absent when none was issued. */
  grant: z
    .strictObject({
      id: z.uuid(),
      policy: z.string(),
      startsAt: Instant,
      /** With more time that was given. */
      endsAt: Instant,
      approvers: z.array(z.string()),
      /** What it allows, in words. */
      allows: z.array(z.string()),
    })
    .optional(),
  /** Everything that happened to the request and the grant, the oldest first. */
  moments: z.array(StoryMoment),
  /** Absent: it still runs. */
  end: StoryEnd.optional(),
  totals: StoryTotals,
  /** One page of the calls, the oldest first. */
  calls: z.array(StoryCall),
  /** Goes into `cursor` of the next call; absent on the last page. */
  nextCursor: z.string().optional(),
});
export type SessionStory = z.infer<typeof SessionStory>;
