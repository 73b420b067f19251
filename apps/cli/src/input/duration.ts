import { CliError } from '../cli-error.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };

/**
 * Seconds of `90s`, `15m`, `1h30m`, `2d` or a plain number of seconds.
 *
 * @throws CliError `usage_invalid`, naming `option`
 */
export function parseDuration(text: string, option: string): number {
  const seconds = secondsOf(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new CliError(
    'usage_invalid',
    `${option}: expected a time such as 15m or 1h30m, not "${text}"`,
  );
}

function secondsOf(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(?=.)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,9}s)?$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  );
}

/**
 * A coming instant as RFC 3339 in UTC: a time with its zone, or how far ahead (`+2h`).
 *
 * @throws CliError `usage_invalid`, naming `option`
 */
export function parseStart(text: string, option: string, now: Date): string {
  const ahead = text.startsWith('+') ? secondsOf(text.slice(1)) : undefined;
  if (ahead !== undefined) return new Date(now.getTime() + ahead * 1000).toISOString();
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const instant = new Date(text);
  if (isTime && !Number.isNaN(instant.getTime())) return instant.toISOString();
  throw new CliError(
    'usage_invalid',
    `${option}: expected a time such as 2026-01-05T22:00:00Z, or how far ahead, such as +2h; not "${text}"`,
  );
}

/** `15m`, `1h 30m`, `45s`; negative as zero. */
export function showDuration(seconds: number): string {
  let left = Math.max(0, Math.round(seconds));
  const parts = Object.entries(UNIT_SECONDS).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.join(' ') || '0s';
}

/**
 * An instant as RFC 3339 in UTC: a time as such, or how long ago (`2h`).
 *
 * @throws CliError `usage_invalid`, naming `option`
 */
export function parseInstant(text: string, option: string, now: Date): string {
  const ago = secondsOf(text);
  if (ago !== undefined) return new Date(now.getTime() - ago * 1000).toISOString();
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const instant = new Date(text);
  if (isTime && !Number.isNaN(instant.getTime())) return instant.toISOString();
  throw new CliError(
    'usage_invalid',
    `${option}: expected a time such as 2026-01-05T09:00:00Z, or how long ago, such as 2h; not "${text}"`,
  );
}
