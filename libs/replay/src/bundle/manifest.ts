import { ConnectionName, Instant, RequestId } from '@drawbridge/contracts';
import { z } from 'zod';

export const BUNDLE_FORMAT = 'drawbridge-session/1';

/** `manifest.json` of a bundle: what is in it, by hash. It stands at the end, so that what was cut off has none. */
export const BundleManifest = z.object({
  format: z.literal(BUNDLE_FORMAT),
  accessRequestId: RequestId,
  /** Absent when none was issued. */
  grantId: z.uuid().optional(),
  connection: ConnectionName,
  environment: z.string().optional(),
  madeAt: Instant,
  /** Who it was made for: `<issuer>#<subject>`. */
  madeFor: z.string(),
  calls: z.int().min(0),
  files: z.array(
    z.object({
      name: z.string().max(100),
      bytes: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  /** Pieces of bodies that could not be had, and why. */
  missing: z.array(z.object({ sha256: z.string(), why: z.string() })),
});
export type BundleManifest = z.infer<typeof BundleManifest>;
