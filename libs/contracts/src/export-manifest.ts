import { z } from 'zod';

/** Whoever goes through them once must not pass over one. */
const isAscending = (ranges: readonly (readonly [number, number])[]): boolean =>
  ranges.every(([from, to], index) => from <= to && from > (ranges[index - 1]?.[1] ?? 0));

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
      sequences: z
        .array(z.tuple([z.int().min(1), z.int().min(1)]))
        .refine(isAscending, 'expected ranges that follow each other'),
    }),
  ),
});
export type ExportManifest = z.infer<typeof ExportManifest>;
