import { z } from 'zod';

const extent = z.enum(['none', 'sample', 'full']);

/** What is recorded of what passes for a while, as members of `Connection.spec.recording`. */
export const streamRecording = {
  sessions: z
    .enum(['none', 'output', 'full'])
    .default('full')
    .describe(
      'exec, attach and port-forward: what the client was shown, and with full also what was typed, as far as the terminal showed it',
    ),
  logs: extent
    .default('sample')
    .describe('Logs of pods: all of it, or the beginning and what comes slowly'),
  watches: extent.default('sample').describe('As logs'),
};

/** What is recorded of sessions, logs and watches. */
export const StreamRecording = z.object(streamRecording);
export type StreamRecording = z.infer<typeof StreamRecording>;
