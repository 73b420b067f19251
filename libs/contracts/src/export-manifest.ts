import { z } from 'zod';

/** `manifest.json` of an export, as far as it takes to check it; whoever makes exports may add to it. */
export const ExportManifest = z.looseObject({
  /** Every other file of the export but `manifest.note`. */
  files: z.array(
    z.strictObject({
      path: z.string().regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/),
      /** Hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().min(0),
    }),
  ),
  /** What `messages/<STREAM>.ndjson` has, in order. */
  streams: z.array(
    z.strictObject({
      stream: z.string().regex(/^[A-Z]+$/),
      sequences: z.array(z.tuple([z.int().min(1), z.int().min(1)])),
    }),
  ),
});
export type ExportManifest = z.infer<typeof ExportManifest>;
