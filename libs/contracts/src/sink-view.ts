import { z } from 'zod';

/** A system outside that is given the record, and how far it is. */
export const SinkView = z.object({
  name: z.string(),
  type: z.enum(['otlp', 'syslog', 's3']),
  streams: z.array(
    z.object({
      stream: z.string(),
      /** Sequence of the last message that it has taken. */
      position: z.int().min(0),
      /** Messages that it has not taken yet. */
      behind: z.int().min(0),
    }),
  ),
  /** Since when it takes nothing, and why. */
  failing: z.object({ since: z.string(), code: z.string() }).optional(),
});
export type SinkView = z.infer<typeof SinkView>;

/** All of the configuration. */
export const SinksView = z.object({ items: z.array(SinkView), parked: z.int().min(0) });
export type SinksView = z.infer<typeof SinksView>;
