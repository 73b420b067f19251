import { RequestId } from '@drawbridge/contracts';
import { openSteps } from '@drawbridge/scope';
import { z } from 'zod';
import type { RequestStory } from '../domain/request-story.js';

/** What a button of a card stands for: the request, and what of it the card showed. */
export interface CardValue {
  readonly requestId: string;
  /** 1 is the request itself, anything else an extension of its grant. */
  readonly round: number;
  /** How often its terms had been narrowed. */
  readonly seen: number;
  /** Only in a sequence: the step that was open. */
  readonly step?: string | undefined;
}

/**
 * `<request id>`, or `<request id>|<terms version>|<step>` where an approval goes in steps, and behind that
 * `|<round>` where it is of an extension.
 */
export function cardValueOf({ id, approval, standing, extends: extension }: RequestStory): string {
  if (approval?.type !== 'steps' || standing === undefined) return id;
  const step = approval.order === 'sequential' ? openSteps(standing)[0]?.step.name : undefined;
  const round = extension === undefined ? '' : `|${extension.round}`;
  return `${id}|${standing.termsVersion}|${step ?? ''}${round}`;
}

/** The value of a button that was pressed. */
export const CardValue = z
  .string()
  .max(200)
  .regex(/^[^|]+(\|\d{1,4}\|[-a-z0-9]{0,40}(\|\d{1,2})?)?$/)
  .transform((value) => {
    const [requestId = '', seen = '0', step = '', round = '1'] = value.split('|');
    const shown = { round: Number(round), seen: Number(seen) };
    return { requestId, ...shown, step: step === '' ? undefined : step };
  })
  .pipe(
    z.object({
      requestId: RequestId,
      round: z.int(),
      seen: z.int(),
      step: z.string().or(z.undefined()),
    }),
  );
