import { z } from 'zod';

/** Who may serve a connection as its connector. */
export const ConnectorAccess = z.strictObject({
  tokenDigests: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits'))
    .min(1)
    .max(4)
    .describe(
      'SHA-256 of the tokens that connectors of this connection may come with; two while one replaces the other',
    ),
});
export type ConnectorAccess = z.infer<typeof ConnectorAccess>;
