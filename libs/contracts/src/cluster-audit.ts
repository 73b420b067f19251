import { z } from 'zod';

/**
 * Where the audit log of a cluster's own API server comes from, and which of its users the gateway is. Audit compares it
 * with the record: a call of that user that the record does not explain was made by somebody else.
 */
export const ClusterAudit = z
  .strictObject({
    users: z
      .array(
        z
          .string()
          .max(512)
          .regex(/^[^*]{3,}\*?$/, 'expected a user name, or how one begins and a "*" at its end'),
      )
      .min(1)
      .max(20)
      .describe(
        'User names of the credential in the log of the API server, e.g. system:serviceaccount:drawbridge:gateway; "*" at the end stands for anything',
      ),
    file: z
      .string()
      .regex(/^\//, 'expected an absolute path')
      .max(4096)
      .optional()
      .describe('The log of the API server, where audit can read it'),
    tokenDigests: z
      .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits'))
      .min(1)
      .max(4)
      .optional()
      .describe(
        'SHA-256 of the tokens that the API server may come with as it sends its log; two while one replaces the other',
      ),
  })
  .refine(({ file, tokenDigests }) => file !== undefined || tokenDigests !== undefined, {
    message: 'expected "file", "tokenDigests" or both',
  });
export type ClusterAudit = z.infer<typeof ClusterAudit>;
