import { z } from 'zod';

/** A DNS label. */
export const label = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
export const pattern = z
  .string()
  .min(1)
  .max(500)
  .describe('Regular expression in RE2 syntax; matches anywhere unless anchored with ^ and $');
/** Where an hour of the day is meant. */
export const timeZone = z
  .string()
  .min(1)
  .max(64)
  .refine(isTimeZone, { message: 'expected a time zone, e.g. Europe/Berlin' })
  .describe('IANA time zone, e.g. Europe/Berlin');
export const filePath = z.string().min(1).describe('Path, relative to the file that names it');

/** A document of a configuration directory, in the shape of Kubernetes' own. */
export const document = <Kind extends string, Spec extends z.ZodType>(
  kind: Kind,
  name: z.ZodType<string>,
  spec: Spec,
) =>
  z.strictObject({
    apiVersion: z.literal('drawbridge.dev/v1alpha1'),
    kind: z.literal(kind),
    metadata: z.strictObject({ name, labels: z.record(z.string(), z.string()).default({}) }),
    spec,
  });

/** Whether a time zone is known here. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
