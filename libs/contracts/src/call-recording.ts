import { z } from 'zod';
import { streamRecording } from './stream-recording.js';

const MEBIBYTE = 1_048_576;

/** What is kept of the calls on a connection, beside the record of each call, which is always made. */
export const CallRecording = z.strictObject({
  bodies: z
    .enum(['none', 'writes', 'all'])
    .default('all')
    .describe(
      'Of which calls the bodies of request and answer are kept, masked. Of watches, logs and channels none are',
    ),
  inlineBytes: z
    .int()
    .min(0)
    .max(65_536)
    .default(32_768)
    .describe('Longer bodies are put into the object store instead of the record itself'),
  maxBytes: z
    .int()
    .min(0)
    .max(1_024 * MEBIBYTE)
    .default(16 * MEBIBYTE)
    .describe('What is kept of one body; that there was more is recorded'),
  before: z
    .boolean()
    .default(true)
    .describe(
      'Reads the object before it is updated, patched or deleted, so that a diff can be shown',
    ),
  ...streamRecording,
});
export type CallRecording = z.infer<typeof CallRecording>;
