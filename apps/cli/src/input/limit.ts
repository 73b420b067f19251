import { CliError } from '../cli-error.js';

/**
 * How many of something, from 1 to `most`.
 *
 * @throws CliError `usage_invalid`
 */
export function parseLimit(text: string, most: number): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw new CliError(
    'usage_invalid',
    `--limit: expected a number from 1 to ${most}, not "${text}"`,
  );
}
