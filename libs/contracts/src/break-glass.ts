import { z } from 'zod';

const groups = z.array(z.string().min(1).max(253)).min(1);

/** How many groups can be told of one use: those that review, and those that would have been asked. */
export const MAX_TOLD_GROUPS = 100;

/** A grant that nobody approved before: who is told of it, and who reviews it afterwards. Fixed with its terms. */
export const BreakGlassTerms = z.strictObject({
  /** Slack channels in which it is announced. */
  announce: z.array(z.string().min(1)).min(1).max(10),
  /** Groups whose humans are told, and may revoke it: those that would have been asked, and those that review. */
  tell: groups.max(MAX_TOLD_GROUPS),
  /** Groups of which one human must say afterwards whether it was justified. */
  reviewGroups: groups.max(50),
  /** When the review is overdue; it stays open until it is done. */
  reviewWithinSeconds: z.int().min(60).max(2_592_000),
});
export type BreakGlassTerms = z.infer<typeof BreakGlassTerms>;

/** How few letters of a reason are none. */
export const BREAK_GLASS_REASON_LENGTH = 20;

/** How often somebody is reminded of a review that is open. */
export const REVIEW_REMINDER_MS = 86_400_000;

/** What a review comes to. */
export const ReviewVerdict = z.enum(['justified', 'not_justified']);
export type ReviewVerdict = z.infer<typeof ReviewVerdict>;
