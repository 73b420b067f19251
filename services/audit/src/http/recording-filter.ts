import { z } from 'zod';

/** Path of the routes of a recording. */
export const RecordingPath = z.strictObject({
  commandId: z.uuidv7('expected the id of a command'),
});

const number = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, `expected a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.int().min(least, `expected at least ${least}`).max(most, `expected at most ${most}`));

/** Query of `GET /v1/audit/recordings/{commandId}/pieces`: from which piece on. */
export const PiecesFilter = z.strictObject({ from: number(0, 100_000_000).default(0) });

/** Query of `GET /v1/audit/recordings/{commandId}/follow`. */
export const FollowFilter = PiecesFilter;

/** Query of `GET /v1/audit/recordings/{commandId}/cast`: which version of asciicast. */
export const CastFilter = z.strictObject({
  version: z
    .enum(['2', '3'])
    .transform((text) => (text === '2' ? (2 as const) : (3 as const)))
    .default(2),
});
