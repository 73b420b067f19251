import { z } from 'zod';

/** What somebody says in their own words: it is shown to people, so it can neither break nor turn round a line. */
export const oneLine = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must hold no control or text-direction characters');
